import { expect } from 'chai';
import { describe } from 'mocha';
import type { Page } from 'playwright-core';
import { hostileTexts } from './testing/browser-jobs.ts';
import { inBrowser } from './testing/in-browser.ts';
import { hostileScope } from './testing/show-pages.ts';

/** What markup from a run would have left in the page. Its scripts and handlers would show as an error of the policy. */
const strange = `
  script:not([src^="/admin/assets/"]), img, iframe, object, embed, style, base, meta[http-equiv],
  [onerror], [onload], [onmouseover], [onclick], [style], a[href^="javascript:"], svg[onload]
`;
const strangers = (page: Page) => page.locator(strange).count();
const rows = (page: Page) => page.getByRole('table', { name: 'Failed items' }).locator('tbody tr');

describe('what comes from a run', () => {
  inBrowser('is text wherever it is shown', async ({ open, complete }) => {
    const runId = await complete('hostile', { scope: hostileScope });
    const page = await open({ as: 'admin' });
    for (const path of [`runs/${runId}`, 'runs', 'jobs', 'jobs/hostile', `jobs/hostile?from=${runId}`, 'audit']) {
      await page.goto(`/admin/${path}`);
      for (const summary of await page.locator('details > summary').all()) await summary.click();
      expect(await strangers(page), path).to.equal(0);
    }
    await page.goto(`/admin/runs/${runId}`);
    expect(await rows(page).count()).to.equal(hostileTexts.length);
    const text = (await rows(page).allTextContents()).join('\n');
    for (const each of hostileTexts.slice(0, 5)) expect(text).to.include(each);
    expect(await page.locator('dl.facts pre').first().textContent()).to.include(JSON.stringify(hostileScope.tenantId));
    // Errors, reasons and figures are named by the job.
    const all = (await page.getByRole('main').textContent()) ?? '';
    for (const each of hostileTexts.slice(0, 5)) expect(all.split(each).length, each).to.be.greaterThan(3);
  });

  inBrowser('is text when the page of a run that has ended takes its place', async ({ open, begin, gate }) => {
    const runId = await begin('watch', { scope: hostileScope });
    const page = await open({ as: 'admin' });
    await page.goto(`/admin/runs/${runId}`);
    await page.locator('#live [data-place=inFlight]', { hasText: '3' }).waitFor();
    gate.letGo();
    await page.locator('#live').waitFor({ state: 'detached' });
    expect(await strangers(page)).to.equal(0);
    await page.getByText(JSON.stringify(hostileScope.tenantId)).first().waitFor();
  });

  inBrowser('is redriven by its very key', async ({ open, complete, service, ledger }) => {
    const runId = await complete('hostile', { scope: hostileScope });
    service.heal();
    const page = await open({ as: 'trigger' });
    for (const key of hostileTexts) {
      await page.goto(`/admin/runs/${runId}`);
      await rows(page).nth(hostileTexts.indexOf(key)).getByRole('checkbox').check();
      await page.locator('#redrive-selected-button').click();
      await page.waitForURL((url) => !url.pathname.includes(runId));
      await page.locator('#live').waitFor({ state: 'detached' });
      const redriven = await ledger.run(page.url().split('/').at(-1) ?? '');
      expect(redriven?.summary?.items, key).to.include({ failed: 0 });
      expect(redriven?.redriveOf, key).to.include(JSON.stringify(key).slice(1, -1));
    }
  });

  inBrowser('comes back into the form as it was, from another run and from a refused start', async (stand) => {
    const runId = await stand.complete('call', { scope: hostileScope });
    const page = await stand.open({ as: 'trigger' });
    await page.goto(`/admin/jobs/call?from=${runId}`);
    expect(await page.getByLabel('tenantId').inputValue()).to.equal(hostileScope.tenantId);
    await page.getByLabel('ids').fill(`\n"'<b>&amp;\n</textarea><script>alert(1)</script>`);
    await page.getByLabel('Limit').fill(`"><script>alert(1)</script>`);
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('tenantId').inputValue()).to.equal(hostileScope.tenantId);
    expect(await page.getByLabel('ids').inputValue()).to.equal(`\n"'<b>&amp;\n</textarea><script>alert(1)</script>`);
    expect(await page.getByLabel('Limit').inputValue()).to.equal(`"><script>alert(1)</script>`);
    expect(await strangers(page)).to.equal(0);
  });

  inBrowser('cannot come from an address either', async ({ open }) => {
    const page = await open({ as: 'admin' });
    const text = encodeURIComponent(hostileTexts.slice(0, 4).join(''));
    for (const path of [
      `jobs/${text}`,
      `runs/${text}`,
      `runs?job=${text}`,
      `runs?status=${text}`,
      `runs?after=${text}`,
      `audit?after=${text}`,
      `${text}`,
      `login?to=${text}`,
      `login?to=javascript:alert(1)`,
    ]) {
      const status = (await page.goto(`/admin/${path}`))?.status() ?? 0;
      expect(status, path).to.be.lessThan(500);
      expect(await strangers(page), path).to.equal(0);
    }
  });
});
