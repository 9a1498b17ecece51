import { expect } from 'chai';
import { describe } from 'mocha';
import { findWithAxe, tellFindings } from './testing/axe.ts';
import { inBrowser } from './testing/in-browser.ts';

const failing = { scope: { tenantId: 't-1' } };
const title = { level: 1, name: /^call / } as const;

describe('the report of a run in a browser', () => {
  inBrowser('opens from the page of the run, with its style, in a sandbox of its own', async ({ open, complete }) => {
    const page = await open({ as: 'read' });
    await page.goto(`/admin/runs/${await complete('call', failing)}`);
    await page.getByRole('link', { name: 'Report' }).click();
    await page.getByRole('heading', title).waitFor();
    const [origin, width] = await page.evaluate<[string, string]>(
      '[self.origin, getComputedStyle(document.querySelector("main")).maxWidth]',
    );
    expect(origin).to.equal('null');
    expect(width).to.match(/^\d+px$/);
    await page.getByRole('link', { name: 'see' }).first().click();
    expect(new URL(page.url()).hash).to.equal('#failures');
  });

  inBrowser('is fit for a small screen, and for those who do not see it', async ({ open, complete }) => {
    const path = `/admin/runs/${await complete('call', failing)}/report`;
    for (const viewport of [
      { width: 1280, height: 900 },
      { width: 390, height: 844 },
    ]) {
      const page = await open({ as: 'read', viewport, bypassCSP: true });
      await page.goto(path);
      await page.getByRole('heading', title).waitFor();
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(overflow).to.be.at.most(0);
      expect(tellFindings(await findWithAxe(page, `report at ${viewport.width}`))).to.deep.equal([]);
    }
  });
});
