// node look.mjs REPORT.html FOLDER: pictures of a report at 1280 and 390 pixels, light and dark, and as PDF, to look at.
import { mkdirSync } from 'node:fs';
import { launch, open } from './browser.mjs';

const [file, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const [name, options] of Object.entries({
  wide: {}, narrow: { viewport: { width: 390, height: 844 } }, dark: { colorScheme: 'dark' },
})) {
  const { page, close } = await open(browser, file, options);
  await page.screenshot({ path: `${folder}/${name}-first.png` });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  if (name === 'wide') {
    await page.locator('td a.cell:has(.more), td a.cell:has(.one)').first().click();
    await page.locator('details[open] section details summary').first().click();
    await page.waitForTimeout(100);
    await page.screenshot({ path: `${folder}/detail.png` });
    await page.pdf({ path: `${folder}/report.pdf`, format: 'A4', margin: { top: '12mm', bottom: '12mm', left: '12mm', right: '12mm' } });
  }
  await close();
}
await browser.close();
