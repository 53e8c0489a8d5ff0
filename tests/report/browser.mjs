// What the tests of the report share: Debian's Chromium, driven by playwright-core from web/node_modules.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const need = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = need('playwright-core');

export const axeFile = need.resolve('axe-core/axe.min.js');

/// launch starts a browser without a window. Whoever is root (as in a container) cannot have its sandbox.
export function launch() {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  return chromium.launch({ executablePath, args: process.getuid() === 0 ? ['--no-sandbox'] : [] });
}

/// open gives the page of a report once it is drawn, with what it asked of the network and what it complained of.
export async function open(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const seen = { requests: [], complaints: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('console', (message) => { if (message.type() === 'error') seen.complaints.push(message.text()); });
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('dialog', (dialog) => { seen.complaints.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
  const url = pathToFileURL(file).href;
  await page.goto(url);
  await page.waitForSelector('html[data-ready=yes]', { timeout: 10_000 });
  return { page, seen, url, close: () => context.close() };
}
