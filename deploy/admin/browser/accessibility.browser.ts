import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { findingText, findWithAxe } from './testing/axe.ts';
import { type BrowserStand, openBrowserStand } from './testing/browser-stand.ts';
import { visiting } from './testing/in-browser.ts';
import { show, showPages } from './testing/show-pages.ts';

const grave = new Set(['serious', 'critical']);
const wide = { width: 1280, height: 900 };
const narrow = { width: 390, height: 800 };
const looks = [
  { colorScheme: 'light', viewport: wide },
  { colorScheme: 'dark', viewport: wide },
  { colorScheme: 'light', viewport: narrow },
  { colorScheme: 'dark', viewport: narrow },
] as const;

describe('axe-core', () => {
  let stand: BrowserStand;
  before(async () => {
    stand = await openBrowserStand();
  });
  after(() => stand?.[Symbol.asyncDispose]());

  it('finds nothing serious on any page, light or dark, wide or narrow', async () => {
    const { tokens, admin } = stand;
    const pages = await showPages(stand);
    const found: { readonly isGrave: boolean; readonly text: string; readonly where: string }[] = [];
    await visiting({ url: admin.url, tokens }, 'axe-core', async ({ open }) => {
      for (const look of looks) {
        const inside = await open({ as: 'admin', bypassCSP: true, ...look });
        const outside = await open({ bypassCSP: true, ...look });
        for (const shown of pages) {
          const page = shown.isInside === false ? outside : inside;
          await show(page, shown);
          const where = `${shown.name}, ${look.colorScheme}, ${look.viewport.width} px`;
          for (const finding of await findWithAxe(page))
            found.push({ isGrave: grave.has(finding.impact), text: findingText(finding), where });
        }
      }
    });
    for (const [text, all] of Map.groupBy(found, ({ text }) => text))
      console.log(`      axe: ${text}: ${all.map(({ where }) => where).join('; ')}`);
    const graveOnes = found.filter(({ isGrave }) => isGrave).map(({ text, where }) => `${where}: ${text}`);
    expect(graveOnes).to.deep.equal([]);
  });
});
