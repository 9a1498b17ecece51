import { expect } from 'chai';
import { describe } from 'mocha';
import type { Page } from 'playwright-core';
import { inBrowser } from './testing/in-browser.ts';

const start = (page: Page) => page.getByRole('button', { name: 'Start the run' }).click();
const focused = (page: Page) => page.locator('*:focus').getAttribute('id');

describe('the list of jobs and the form that starts a run', () => {
  inBrowser('leads from a job to its form and its runs', async ({ open, complete }) => {
    await complete('call');
    const page = await open({ as: 'read' });
    await page.goto('/admin/jobs');
    const names = await page.getByRole('listitem').getByRole('heading', { level: 2 }).allTextContents();
    expect(names).to.deep.equal(['watch', 'call', 'hostile']);
    await page.getByRole('list', { name: 'Last 1 run of call' }).getByRole('link').click();
    await page.getByRole('heading', { name: /^call/, level: 1 }).waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Jobs' }).click();
    await page.getByRole('link', { name: 'call', exact: true }).click();
    await page.getByRole('heading', { name: 'In force' }).waitFor();
    await page.getByRole('table', { name: 'Runs of call' }).waitFor();
  });

  inBrowser('starts a run with what was filled in, as it was', async ({ open, ledger, gate }) => {
    gate.letGo();
    const page = await open({ as: 'trigger' });
    await page.goto('/admin/jobs/watch');
    await page.getByLabel('tenantId').fill('O\u2019Brien & "Söhne" <b>');
    await page.getByLabel('ids').fill('17\n 4 \n\n900719925474099312');
    await page.getByLabel('since').fill('2026-02-28');
    await page.getByLabel('most').fill('12');
    await page.getByLabel('kind').selectOption('old');
    await page.getByLabel('urgent').selectOption({ label: 'no' });
    await page.getByLabel('sepa').check();
    await page.getByLabel('cash').check();
    await page.getByLabel('window', { exact: true }).fill('{"from": "a", "to": "b"}');
    await page.getByLabel('Limit').fill('7');
    await start(page);
    await page.getByRole('heading', { name: /^watch/, level: 1 }).waitFor();
    const [run] = await ledger.runs();
    expect(new URL(page.url()).pathname).to.equal(`/admin/runs/${run?.runId}`);
    expect(run).to.deep.include({ dryRun: false, trigger: { kind: 'admin', by: 'qa' } });
    expect(run?.scope).to.deep.equal({
      tenantId: 'O\u2019Brien & "Söhne" <b>',
      ids: ['17', '4', '900719925474099312'],
      since: '2026-02-28',
      most: 12,
      kind: 'old',
      urgent: false,
      ways: ['sepa', 'cash'],
      window: { from: 'a', to: 'b' },
    });
    await page.locator('h1 .badge', { hasText: 'succeeded' }).waitFor();
    expect((await ledger.runs())[0]?.summary?.items.read).to.equal(7);
  });

  inBrowser('says beside each field what is wrong, and keeps what was typed', async ({ open, ledger }) => {
    const page = await open({ as: 'trigger' });
    await page.goto('/admin/jobs/watch');
    await page.getByLabel('tenantId').fill('x');
    await page.getByLabel('ids').fill('17\nseventeen');
    await page.getByLabel('most').fill('many');
    await page.getByLabel('window', { exact: true }).fill('{"from": ');
    await page.getByLabel('Limit').fill('0');
    await page.getByLabel('Dry run').check();
    await start(page);
    await page.getByRole('alert').waitFor();
    expect(await page.title()).to.match(/^Error: watch/);
    expect(await focused(page), 'what is read first').to.equal('problems');
    for (const [label, typed] of [
      ['tenantId', 'x'],
      ['ids', '17\nseventeen'],
      ['most', 'many'],
      ['window', '{"from": '],
      ['Limit', '0'],
    ] as const)
      expect(await page.getByLabel(label, { exact: true }).inputValue(), label).to.equal(typed);
    expect(await page.getByLabel('Dry run').isChecked()).to.equal(true);
    for (const label of ['most', 'window', 'Limit']) {
      const field = page.getByLabel(label, { exact: true });
      expect(await field.getAttribute('aria-invalid'), label).to.equal('true');
      const [first = ''] = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
      expect(await page.locator(`[id="${first}"]`).textContent(), label).to.include('expected');
    }
    await page
      .getByRole('alert')
      .getByRole('link', { name: /^most:/ })
      .click();
    expect(await page.getByLabel('most').evaluate((field) => field.matches(':focus, :target'))).to.equal(true);
    expect(await ledger.runs()).to.deep.equal([]);

    // What the schema alone refuses is told in the same way.
    await page.getByLabel('most').fill('5000');
    await page.getByLabel('window', { exact: true }).fill('');
    await page.getByLabel('Limit').fill('');
    await start(page);
    await page
      .getByRole('alert')
      .getByRole('link', { name: /^ids: value 2/ })
      .waitFor();
    for (const label of ['tenantId', 'ids', 'most'])
      expect(await page.getByLabel(label).getAttribute('aria-invalid'), label).to.equal('true');
    expect(await page.getByLabel('Dry run').isChecked()).to.equal(true);
    expect(await ledger.runs()).to.deep.equal([]);
  });

  inBrowser('refuses a start without a scope, unless the job allows it', async ({ open, ledger }) => {
    const page = await open({ as: 'trigger' });
    await page.goto('/admin/jobs/watch');
    await start(page);
    expect(await page.getByRole('alert').textContent()).to.include('expected at least one of tenantId');
    expect(await ledger.runs()).to.deep.equal([]);
    await page.goto('/admin/jobs/call');
    await start(page);
    await page.getByRole('heading', { name: /^call/, level: 1 }).waitFor();
    expect(await ledger.runs()).to.have.length(1);
  });

  inBrowser('tells which run is in the way, and keeps the form', async ({ open, begin }) => {
    const runId = await begin('watch');
    const page = await open({ as: 'trigger' });
    await page.goto('/admin/jobs/watch');
    await page.getByLabel('tenantId').fill('t-2');
    await start(page);
    expect(await page.getByRole('alert').textContent()).to.include(runId);
    expect(await page.getByLabel('tenantId').inputValue()).to.equal('t-2');
  });

  inBrowser('makes a dry run, and fills the form in as for a run that was', async ({ open, ledger }) => {
    const page = await open({ as: 'trigger' });
    await page.goto('/admin/jobs/call');
    await page.getByLabel('tenantId').fill('t-9');
    await page.getByLabel('ids').fill('1\n2');
    await page.getByLabel('Dry run').check();
    await start(page);
    await page.getByText('dry run', { exact: true }).waitFor();
    expect((await ledger.runs())[0]?.dryRun).to.equal(true);
    await page.getByRole('link', { name: 'Start another like it' }).click();
    expect(await page.getByLabel('tenantId').inputValue()).to.equal('t-9');
    expect(await page.getByLabel('ids').inputValue()).to.equal('1\n2');
    expect(await page.getByLabel('Dry run').isChecked()).to.equal(true);
  });

  inBrowser('starts one run however often the button is pressed', async ({ open, ledger }) => {
    const page = await open({ as: 'trigger' });
    await page.goto('/admin/jobs/call');
    await page.getByRole('button', { name: 'Start the run' }).dblclick();
    await page.getByRole('heading', { name: /^call/, level: 1 }).waitFor();
    expect(await ledger.runs()).to.have.length(1);
  });
});
