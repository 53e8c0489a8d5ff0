// What a person meets who opens the report: by eye, by keyboard, by screen reader, on a telephone, on paper.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { axeFile, launch, open } from './browser.mjs';

const folder = process.env.PAGES;
const pageOf = (name) => `${folder}/${name}.html`;
const data = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'));
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/// with_page opens a report, and holds afterwards that nothing left the page and nothing went wrong in it.
async function withPage(name, options, work) {
  const { page, seen, url, close } = await open(browser, pageOf(name), options);
  try {
    await work(page);
    assert.deepEqual(seen.requests.filter((one) => one !== url && !one.startsWith('blob:')), [], 'requests that left the page');
    assert.deepEqual(seen.complaints, []);
  } finally {
    await close();
  }
}

/// axe gives what axe-core finds wrong, in words.
async function axe(page) {
  await page.evaluate(readFileSync(axeFile, 'utf8'));
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join('; ')}`);
}

async function openSomething(page) {
  await page.locator('td a.cell').nth(8).click();
  await page.locator('details.unit[open] section details > summary').first().click();
  await page.locator('details.unit[open] section details[open] li.aspect').first().waitFor();
}

test('the first screen says where we stand, what is worst, what to do first', async () => {
  await withPage('demo', {}, async (page) => {
    const said = data('demo');
    for (const heading of ['Where we stand', 'What is worst', 'What to do first']) {
      const box = await page.getByRole('heading', { name: heading }).boundingBox();
      assert.ok(box.y + box.height < 800, `${heading} is at ${box.y}`);
    }
    const standing = await page.locator('section[aria-labelledby=stand]').innerText();
    assert.match(standing, new RegExp(`${said.summary.cells_reached} of ${said.summary.cells}`));
    assert.match(await page.title(), new RegExp(said.plant.name));
  });
});

test('each cell of the table is the cell of the data, and not assessed is never a number', async () => {
  await withPage('demo', {}, async (page) => {
    const cells = data('demo').units.flatMap((unit) => unit.cells);
    const shown = await page.locator('td a.cell .cell').allInnerTexts();
    assert.equal(shown.length, cells.length);
    cells.forEach((cell, i) => {
      const level = cell.assessed ? String(cell.achieved) : '–';
      assert.equal(shown[i].replace(/\s/g, ''), cell.target > 0 ? `${level}/${cell.target}` : level, `cell ${i}`);
    });
  });
});

test('from a cell one comes to rows, aspects, facts and the record that says so', async () => {
  await withPage('demo', {}, async (page) => {
    await page.goto(`${page.url().split('#')[0]}#zone/control/SI`);
    const section = page.locator('[id="zone/control/SI"]');
    await section.locator('summary', { hasText: /^SR 3\.5 / }).click();
    await section.locator('details[open] li.aspect').first().waitFor();
    const text = await section.locator('details[open]').innerText();
    assert.match(text, /not met/);
    assert.match(text, /Against:/);
    assert.match(text, /journal record \d+, packet \d+/);
  });
});

test('changes since the last report are told', async () => {
  await withPage('demo', {}, async (page) => {
    assert.match(await page.locator('section[aria-labelledby=changes]').innerText(), /SR 3\.5 [a-z ]+ → not met/);
  });
});

test('the map and its tables say the same', async () => {
  await withPage('demo', {}, async (page) => {
    const { map } = data('demo');
    const spoken = await page.locator('.map a').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
    assert.equal(spoken.length, map.zones.length + map.conduits.length);
    await page.getByText("The map's zones as a table").click();
    const zones = await page.getByRole('region', { name: 'Table: Zones', exact: true }).innerText();
    const conduits = await page.getByRole('region', { name: 'Table: Conduits', exact: true }).innerText();
    for (const zone of map.zones) assert.ok(zones.includes(zone.name) && spoken.some((one) => one.includes(zone.name)), zone.name);
    for (const conduit of map.conduits) assert.ok(conduits.includes(conduit.name) && spoken.some((one) => one.includes(conduit.name)), conduit.name);
    for (const asset of map.assets) assert.ok(zones.includes(asset.name), asset.name);
  });
});

for (const [name, options] of Object.entries({
  'at 1280 pixels': {}, 'at 390 pixels': { viewport: { width: 390, height: 844 } }, 'in the dark': { colorScheme: 'dark' },
})) {
  test(`axe-core finds nothing ${name}`, async () => {
    await withPage('demo', options, async (page) => {
      assert.deepEqual(await axe(page), []);
      await openSomething(page);
      assert.deepEqual(await axe(page), []);
    });
  });
}

test('axe-core finds a planted fault', async () => {
  await withPage('demo', {}, async (page) => {
    await page.evaluate(() => document.body.append(document.createElement('button')));
    assert.match((await axe(page)).join(), /button-name/);
  });
});

test('the keyboard alone leads to the evidence and back', async () => {
  await withPage('demo', {}, async (page) => {
    const focused = () => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200) ?? '');
    await page.keyboard.press('Tab');
    assert.match(await focused(), /To the content/);
    await page.keyboard.press('Enter');
    for (let i = 0; i < 200 && !/class="cell /.test(await focused()); ++i) await page.keyboard.press('Tab');
    assert.match(await focused(), /class="cell /);
    await page.keyboard.press('Enter');
    await page.locator('details.unit[open]').waitFor();
    assert.match(await focused(), /<section/);
    await page.keyboard.press('Tab');
    assert.match(await focused(), /<summary/);
    await page.keyboard.press('Enter');
    await page.locator('details.unit[open] section details[open]').waitFor();
    await page.goBack();
  });
});

test('at 390 pixels nothing is wider than the screen but what scrolls by itself', async () => {
  for (const name of ['demo', 'large']) {
    await withPage(name, { viewport: { width: 390, height: 844 } }, async (page) => {
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390, name);
    });
  }
});

test('hostile texts are texts, and the page may fetch nothing', async () => {
  const { page, seen, close } = await open(browser, pageOf('hostile'), {});
  assert.equal((await page.locator('h1').textContent()).trim(), process.env.HOSTILE);
  await openSomething(page);
  assert.equal(await page.locator('img').count(), 0);
  assert.notEqual(await page.title(), 'hit');
  assert.equal(await page.locator('script').count(), 2);
  assert.deepEqual(seen.complaints, []);
  const refused = await page.evaluate(() => fetch('http://127.0.0.1:9/').then(() => 'fetched', () => 'refused'));
  assert.equal(refused, 'refused');
  assert.match(seen.complaints.join(), /Content Security Policy/);
  await close();
});

test('a page whose data are spoiled says so', async () => {
  const spoiled = `${folder}/spoiled.html`;
  writeFileSync(spoiled, readFileSync(pageOf('demo'), 'utf8').replace(/(id="levels">.{2000}).{8}/, '$1AAAAAAAA'));
  const page = await browser.newPage();
  await page.goto(`file://${spoiled}`);
  await page.getByText('This report cannot be shown').waitFor({ timeout: 10_000 });
  await page.close();
});

test('on paper each zone says what keeps it from its next level', { skip: existsSync('/usr/bin/pdftotext') ? false : 'no pdftotext' }, async () => {
  await withPage('demo', {}, async (page) => {
    await page.pdf({ path: `${folder}/demo.pdf`, format: 'A4' });
  });
  const text = execFileSync('pdftotext', ['-layout', `${folder}/demo.pdf`, '-'], { encoding: 'utf8' });
  for (const unit of data('demo').units) assert.ok(text.includes(unit.name), unit.name);
  assert.match(text.replace(/\s+/g, ' '), /Keeps it from level 1: SR/);
  assert.match(text, /Where we stand/);
});

test('200 zones open, every cell is drawn', async () => {
  let first = Infinity, all = Infinity;
  for (let i = 0; i < 5; ++i) {
    await withPage('large', {}, async (page) => {
      await page.waitForFunction(() => performance.getEntriesByName('all-drawn').length > 0);
      const [one, other] = await page.evaluate(() => ['first-screen', 'all-drawn'].map((name) => performance.getEntriesByName(name)[0].startTime));
      first = Math.min(first, one);
      all = Math.min(all, other);
      assert.ok(one <= other);
      assert.equal(await page.locator('td a.cell').count(), data('large').units.length * 7);
    });
  }
  console.log(`200 zones: the first screen after ${Math.round(first)} ms, all of it after ${Math.round(all)} ms`);
});
