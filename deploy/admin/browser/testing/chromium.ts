/**
 * One Chromium for all tests of a mocha process, each of which has a context of its own.
 *
 * Guarantees: where there is no Chromium the tests are pending, and a line says so and how to get it; none passes in silence.
 */
import { after, before } from 'mocha';
import { type Browser, chromium } from 'playwright-core';
import { environment } from '../../../environment.ts';
import { findChromium } from './find-chromium.ts';

let browser: Browser | undefined;

// Of the root: this file is read by all that need it, and once.
before(async function launch() {
  this.timeout(60_000);
  const executablePath = findChromium(environment);
  if (executablePath === undefined) {
    console.error(
      'NOT TESTED: the pages in a browser, with and without script, and their accessibility: there is no Chromium here. ' +
        'Install one (`apt-get install chromium`), or name one by CHROMIUM_PATH.',
    );
    this.skip();
  }
  browser = await chromium.launch({ executablePath });
});

after(() => browser?.close());

export function sharedBrowser(): Browser {
  if (browser === undefined) throw new Error('expected to run below mocha, which launches the browser');
  return browser;
}
