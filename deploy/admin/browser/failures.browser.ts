import { expect } from 'chai';
import { describe } from 'mocha';
import type { Page } from 'playwright-core';
import { refusedItems } from './testing/browser-jobs.ts';
import { inBrowser } from './testing/in-browser.ts';

const badge = (page: Page, text: string) => page.locator('h1 .badge', { hasText: text }).waitFor();
const rows = (page: Page) => page.getByRole('table', { name: 'Failed items' }).locator('tbody tr');
const keys = async (page: Page) => (await rows(page).locator('td code:first-child').allTextContents()).sort();
/** Three that the service refuses, and one that fails by itself. */
const failing = { scope: { kind: 'old' } };

describe('failed items on the page of a run', () => {
  inBrowser('are filtered by their error', async ({ open, complete }) => {
    const page = await open({ as: 'read' });
    await page.goto(`/admin/runs/${await complete('call', failing)}`);
    expect(await rows(page).count()).to.equal(4);
    const options = await page.getByLabel('Error').getByRole('option').allTextContents();
    expect(options.sort()).to.deep.equal(['HttpError STINT_HTTP_403 (3)', 'RangeError (1)', 'all']);
    await page.getByLabel('Error').selectOption('STINT_HTTP_403');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/error=STINT_HTTP_403/);
    expect(await rows(page).count()).to.equal(3);
    expect(await page.getByLabel('Error').inputValue()).to.equal('STINT_HTTP_403');
    await page.getByLabel('Error').selectOption({ label: 'RangeError (1)' });
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/error=RangeError/);
    expect(await rows(page).allTextContents()).to.have.length(1);
    expect(await rows(page).textContent()).to.include('no 1006 of this kind');
    await page.goto(`${page.url().split('?')[0]}?error=NoSuchError`);
    await page.getByText('None with NoSuchError.').waitFor();
  });

  inBrowser('tell what was said to other services, when they are opened', async ({ open, complete, service }) => {
    const page = await open({ as: 'read' });
    await page.goto(`/admin/runs/${await complete('call', failing)}`);
    const row = rows(page).filter({ hasText: '1002' });
    const exchange = row.locator('.exchange');
    expect(await exchange.isVisible()).to.equal(false);
    await row.getByText('1 request').click();
    const text = (await exchange.textContent()) ?? '';
    expect(text).to.include(`${service.url}/items/1002`).and.include('GET').and.include('403');
    expect(text).to.include('content-type: application/json').and.include('"reason"');
    await row.getByText('1 request').press('Enter');
    expect(await exchange.isVisible()).to.equal(false);
  });

  inBrowser('are redriven as they were selected', async ({ open, complete, service, ledger }) => {
    const runId = await complete('call', failing);
    service.heal();
    const page = await open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}`);
    const all = page.getByLabel('All 4 items shown');
    const button = page.locator('#redrive-selected-button');
    await all.check();
    expect(await button.textContent()).to.equal('Redrive selected (4)');
    await page.getByLabel('Select 1002').uncheck();
    expect(await all.evaluate((box) => Reflect.get(box, 'indeterminate'))).to.equal(true);
    await all.check();
    await all.uncheck();
    expect(await button.textContent()).to.equal('Redrive selected');
    for (const key of ['1001', '1003']) await page.getByLabel(`Select ${key}`).check();
    await button.click();
    await page.waitForURL((url) => url.pathname !== `/admin/runs/${runId}`);
    await badge(page, 'succeeded');
    await page.getByText('redrive', { exact: true }).waitFor();
    await page.locator('dl.facts').getByRole('link', { name: runId }).waitFor();
    const run = await ledger.run(page.url().split('/').at(-1) ?? '');
    expect(run?.summary?.items).to.include({ read: 2, succeeded: 2 });
    expect(run?.trigger).to.deep.equal({ kind: 'admin', by: 'qa' });
  });

  inBrowser('are redriven by their error, and all at once', async ({ open, complete, service, ledger }) => {
    const runId = await complete('call', failing);
    service.heal();
    const page = await open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}?error=STINT_HTTP_403`);
    await page.getByRole('button', { name: 'Redrive all with STINT_HTTP_403' }).click();
    await page.waitForURL((url) => url.pathname !== `/admin/runs/${runId}`);
    await badge(page, 'succeeded');
    const byError = await ledger.run(page.url().split('/').at(-1) ?? '');
    expect(byError?.summary?.items).to.include({ read: refusedItems.length, succeeded: refusedItems.length });

    await page.goto(`/admin/runs/${runId}`);
    await page.getByRole('button', { name: 'Redrive all failed' }).click();
    await page.waitForURL((url) => url.pathname !== `/admin/runs/${runId}`);
    await badge(page, 'succeeded');
    expect(await keys(page)).to.deep.equal(['1006']);
    const all = await ledger.run(page.url().split('/').at(-1) ?? '');
    expect(all?.summary?.items).to.include({ read: 4, succeeded: 3, failed: 1 });
  });

  inBrowser('are not redriven when none was selected', async ({ open, complete, ledger }) => {
    const runId = await complete('call', failing);
    const page = await open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}`);
    await page.locator('#redrive-selected-button').click();
    await page.getByRole('status').filter({ hasText: 'select some' }).waitFor();
    expect(await rows(page).count()).to.equal(4);
    expect(await ledger.runs()).to.have.length(1);
  });
});
