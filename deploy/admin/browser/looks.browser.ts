import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { type BrowserStand, openBrowserStand } from './testing/browser-stand.ts';
import { inBrowser, type Visitors, visiting } from './testing/in-browser.ts';
import { type ShownPage, show, showPages } from './testing/show-pages.ts';

interface Focused {
  readonly name: string;
  readonly isMarked: boolean;
  readonly isOnScreen: boolean;
}

/** All that Tab is to reach, as far as it can be seen; a group of radio buttons would be one. */
const reachable = `[...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]:not([tabindex="-1"])')]
  .filter((element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility({ visibilityProperty: true }))
  .map((element, index) => {
    element.dataset.stop = index;
    return index + ' ' + element.cloneNode().outerHTML;
  })`;
const focusedNow = `(() => {
  const { activeElement: element } = document;
  if (element === null || element === document.body) return undefined;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    name: element.dataset.stop + ' ' + element.cloneNode().outerHTML,
    isMarked: (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none',
    isOnScreen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
  };
})()`;

describe('the look of the pages', () => {
  let stand: BrowserStand;
  let pages: readonly ShownPage[];
  before(async () => {
    stand = await openBrowserStand();
    pages = await showPages(stand);
  });
  after(() => stand?.[Symbol.asyncDispose]());
  const onAll = (title: string, test: (visitors: Visitors) => Promise<void>) =>
    it(title, () => visiting({ url: stand.admin.url, tokens: stand.tokens }, title, test));

  const widthOf = async (page: Page) =>
    await page.evaluate<readonly [number, number]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
  for (const width of [390, 320]) {
    onAll(`fits into ${width} px: nothing but tables scrolls to the side`, async ({ open }) => {
      const viewport = { width, height: 800 };
      const [inside, outside] = [await open({ as: 'admin', viewport }), await open({ viewport })];
      for (const shown of pages) {
        const page = shown.isInside === false ? outside : inside;
        await show(page, shown);
        const [wide, room] = await widthOf(page);
        expect(wide, shown.name).to.be.at.most(room);
      }
    });
  }

  onAll('lets Tab reach all there is to use, in its order, and shows where it is', async ({ open }) => {
    const page = await open({ as: 'admin' });
    for (const shown of pages.filter(({ isInside, name }) => isInside !== false && name !== 'run-cancel-asked')) {
      await show(page, shown);
      await page.evaluate('document.activeElement?.blur(); getSelection().removeAllRanges()');
      const wanted = await page.evaluate<readonly string[]>(reachable);
      const order: string[] = [];
      // It begins behind what a script or the page has focused.
      await page.evaluate(
        `document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')`,
      );
      while (order.length <= wanted.length) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate<Focused | undefined>(focusedNow);
        // A field of a date is several stops.
        if (focused !== undefined && focused.name === order.at(-1)) continue;
        if (focused === undefined || order.includes(focused.name)) break;
        expect(focused, `${shown.name}: ${focused.name}`).to.include({ isMarked: true, isOnScreen: true });
        order.push(focused.name);
      }
      expect(order, shown.name).to.deep.equal(wanted);
    }
  });

  onAll('begins with a link to the content', async ({ open }) => {
    const page = await open({ as: 'read' });
    await page.goto('/admin/jobs');
    const link = page.getByRole('link', { name: 'Skip to the content' });
    await page.keyboard.press('Tab');
    expect(await link.evaluate((element) => element.matches(':focus'))).to.equal(true);
    expect((await link.boundingBox())?.y, 'it is seen').to.be.at.least(0);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.locator('main *:focus').count()).to.equal(1);
  });

  onAll('is dark or light, as the viewer likes it', async ({ open }) => {
    const brightness = async (page: Page) => {
      const colours = await page.evaluate<readonly string[]>(
        `['backgroundColor', 'color'].map((name) => getComputedStyle(document.body)[name])`,
      );
      return colours.map((colour) => Math.max(...(colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number)));
    };
    const [paper = 0, ink = 0] = await brightness(await open({ as: 'read', colorScheme: 'light' }));
    const [night = 0, chalk = 0] = await brightness(await open({ as: 'read', colorScheme: 'dark' }));
    expect(paper).to.be.greaterThan(200);
    expect(ink).to.be.lessThan(80);
    expect(night).to.be.lessThan(60);
    expect(chalk).to.be.greaterThan(180);
  });

  onAll('stands still for whoever wants no motion', async ({ open }) => {
    const page = await open({ as: 'read', reducedMotion: 'reduce' });
    for (const shown of pages.filter(({ name }) => name.startsWith('run') || name === 'jobs')) {
      await page.goto(shown.path);
      expect(await page.evaluate('document.getAnimations().length'), shown.name).to.equal(0);
    }
  });
});

describe('times', () => {
  inBrowser('are in the zone of the viewer, with UTC to be pointed at, or all in UTC', async ({ open, complete }) => {
    const runId = await complete('call', { limit: 1 });
    const page = await open({ as: 'read', timezoneId: 'Asia/Tokyo' });
    await page.goto(`/admin/runs/${runId}`);
    await page.getByText('Times are in Asia/Tokyo.').waitFor();
    const time = page.locator('dl.facts time').first();
    const iso = (await time.getAttribute('datetime')) ?? '';
    expect(await time.textContent()).to.equal('just now');
    const utc = `${iso.slice(0, 19).replace('T', ' ')} UTC`;
    const inTokyo = new Date(Date.parse(iso) + 9 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    expect(await time.getAttribute('title')).to.equal(`${inTokyo} GMT+9 = ${utc}`);
    await page.getByRole('button', { name: 'Show UTC' }).click();
    expect(await time.textContent()).to.equal(utc);
    await page.reload();
    await page.getByText('Times are in UTC.').waitFor();
    expect(await time.textContent(), 'it is remembered').to.equal(utc);
    await page.getByRole('button', { name: 'Show Asia/Tokyo' }).click();
    expect(await time.textContent()).to.equal('just now');
  });

  inBrowser('are in UTC, with nothing to choose, where the viewer is there', async ({ open }) => {
    const page = await open({ as: 'read', timezoneId: 'UTC' });
    await page.getByText('Times are in UTC.').waitFor();
    expect(await page.getByRole('button', { name: /Show/ }).count()).to.equal(0);
  });

  inBrowser('are told by the clock where they are not near', async ({ open, complete }) => {
    const runId = await complete('call', { limit: 1 });
    const page = await open({ as: 'read', timezoneId: 'America/New_York' });
    // In another winter, five hours behind UTC.
    await page.clock.setFixedTime('2031-01-15T17:00:00Z');
    await page.goto(`/admin/runs/${runId}`);
    const time = page.locator('dl.facts time').first();
    expect(await time.textContent()).to.match(/^\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d$/);
    expect(await time.getAttribute('title')).to.match(/ (EST|EDT|GMT-[45]) = .* UTC$/);
  });
});
