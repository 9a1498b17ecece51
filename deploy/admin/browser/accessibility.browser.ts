import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { type Finding, findWithAxe, tellFindings } from './testing/axe.ts';
import { type BrowserStand, openBrowserStand } from './testing/browser-stand.ts';
import { visiting } from './testing/in-browser.ts';
import { type ShownPage, show, showPages } from './testing/show-pages.ts';

const viewports = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 800 } };

describe('axe-core', function axeTests() {
  this.timeout(120_000);
  let stand: BrowserStand;
  let pages: readonly ShownPage[];
  before(async () => {
    stand = await openBrowserStand();
    pages = await showPages(stand);
  });
  after(() => stand?.[Symbol.asyncDispose]());

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const size of ['wide', 'narrow'] as const) {
      const title = `finds nothing serious on any page, ${colorScheme} and ${size}`;
      it(title, () =>
        visiting({ url: stand.admin.url, tokens: stand.tokens }, title, async ({ open }) => {
          // The policy forbids its script, as it should.
          const look = { colorScheme, viewport: viewports[size], bypassCSP: true };
          const [inside, outside] = [await open({ as: 'admin', ...look }), await open(look)];
          const found: Finding[] = [];
          for (const shown of pages) {
            const page = shown.isInside === false ? outside : inside;
            await show(page, shown);
            found.push(...(await findWithAxe(page, shown.name)));
          }
          expect(tellFindings(found)).to.deep.equal([]);
        }),
      );
    }
  }
});
