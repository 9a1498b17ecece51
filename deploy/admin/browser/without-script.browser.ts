import { expect } from 'chai';
import { describe } from 'mocha';
import { inBrowser } from './testing/in-browser.ts';

const visit = { as: 'trigger', javaScriptEnabled: false } as const;

describe('the pages without a script', () => {
  inBrowser('start a run, show how far it is, and cancel it on a page that asks', async ({ open, ledger, gate }) => {
    const page = await open(visit);
    await page.getByRole('link', { name: 'watch', exact: true }).click();
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByRole('alert').getByText('expected at least one of').waitFor();
    await page.getByLabel('tenantId').fill('t-7');
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.locator('h1 .badge', { hasText: 'running' }).waitFor();
    const [run] = await ledger.runs();
    expect(run).to.deep.include({ scope: { tenantId: 't-7' }, status: 'running' });
    await page
      .locator('time', { hasText: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/ })
      .first()
      .waitFor();
    await page.getByText('Times are in UTC.').waitFor();
    for (const name of ['Show UTC', 'Reload'])
      expect(await page.getByRole('button', { name }).count(), 'a button that does nothing').to.equal(0);

    await page.getByRole('button', { name: 'Cancel run…' }).click();
    await page.getByRole('heading', { name: 'Cancel this run?' }).waitFor();
    await page.getByRole('link', { name: 'Keep it' }).click();
    expect((await ledger.run(run?.runId ?? ''))?.status).to.equal('running');
    await page.getByRole('button', { name: 'Cancel run…' }).click();
    await page.getByRole('button', { name: 'Cancel run', exact: true }).click();
    await page.waitForURL(`**/admin/runs/${run?.runId}`);
    gate.letGo();
    await page.reload();
    await page.locator('h1 .badge', { hasText: /cancel/ }).waitFor();
  });

  inBrowser('resume a run on a page that asks', async ({ open, interrupt, gate, ledger }) => {
    const runId = await interrupt(4);
    gate.letGo();
    const page = await open(visit);
    await page.goto(`/admin/runs/${runId}`);
    await page.getByRole('button', { name: 'Resume run…' }).click();
    await page.getByRole('heading', { name: 'Resume this run?' }).waitFor();
    await page.getByRole('button', { name: 'Resume run', exact: true }).click();
    await page.waitForURL(`**/admin/runs/${runId}`);
    expect((await ledger.run(runId))?.attempt).to.equal(2);
  });

  inBrowser('show failed items and redrive those that were selected', async ({ open, complete, service, ledger }) => {
    const runId = await complete('call', { scope: { kind: 'old' } });
    service.heal();
    const page = await open(visit);
    await page.goto(`/admin/runs/${runId}`);
    expect(await page.getByLabel(/^All 4 items/).isVisible(), 'a box that does nothing').to.equal(false);
    await page.getByText('1 request').first().click();
    expect(await page.locator('.exchange').first().isVisible()).to.equal(true);
    await page.locator('#redrive-selected-button').click();
    await page.getByText('select some').waitFor();
    await page.getByLabel('Select 1001').check();
    await page.locator('#redrive-selected-button').click();
    await page.getByText('redrive', { exact: true }).waitFor();
    const redriven = page.url().split('/').at(-1) ?? '';
    expect(redriven).to.not.equal(runId);
    expect((await ledger.run(redriven))?.redriveOf).to.include('1001');
  });

  inBrowser('log out', async ({ open }) => {
    const page = await open(visit);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await page.goto('/admin/jobs');
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
  });
});
