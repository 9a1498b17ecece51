import { expect } from 'chai';
import { describe } from 'mocha';
import type { Page } from 'playwright-core';
import { inBrowser } from './testing/in-browser.ts';

const rows = (page: Page, table: string) => page.getByRole('table', { name: table }).locator('tbody tr');

describe('lists of runs and of who did what', () => {
  inBrowser('show runs of a job and status, and older ones', async ({ open, complete, interrupt }) => {
    await interrupt(3);
    for (let index = 0; index < 23; index++) await complete('call', { limit: 1 });
    const page = await open({ as: 'read' });
    await page.goto('/admin/runs');
    expect(await rows(page, 'Runs').count()).to.equal(20);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(/after=/);
    expect(await rows(page, 'Runs').count()).to.equal(4);
    expect(await page.getByRole('link', { name: 'Older' }).count()).to.equal(0);

    await page.getByLabel('Status').selectOption('interrupted');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/status=interrupted/);
    expect(await rows(page, 'Runs').count()).to.equal(1);
    expect(await page.getByLabel('Status').inputValue()).to.equal('interrupted');
    await page.getByLabel('Job').selectOption('call');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByText('No runs.').waitFor();
    await page.getByRole('link', { name: 'Show all' }).click();
    await page.waitForURL(/\/admin\/runs$/);

    await page.getByLabel('Job').selectOption('call');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/job=call/);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(/job=call.*after=/);
    expect(await rows(page, 'Runs').count()).to.equal(3);
    await rows(page, 'Runs').first().getByRole('link').last().click();
    await page.getByRole('heading', { name: /^call succeeded/, level: 1 }).waitFor();
  });

  inBrowser('go from run to run of the health bars by arrows', async ({ open, complete }) => {
    for (let index = 0; index < 3; index++) await complete('call', { limit: 1 });
    const page = await open({ as: 'read' });
    await page.goto('/admin/jobs');
    const bars = page.getByRole('list', { name: 'Last 3 runs of call' }).getByRole('link');
    const focusedBar = () => bars.evaluateAll((all) => all.findIndex((bar) => bar.matches(':focus')));
    await bars.first().focus();
    for (const [key, at] of [
      ['ArrowRight', 1],
      ['End', 2],
      ['ArrowRight', 2],
      ['ArrowLeft', 1],
      ['Home', 0],
    ] as const) {
      await page.keyboard.press(key);
      expect(await focusedBar(), key).to.equal(at);
    }
    expect(await bars.first().getAttribute('title')).to.match(/^succeeded, \d.*, \d{4}-/);
  });

  inBrowser('show who did what to admins only', async ({ open, begin, post, gate }) => {
    const runId = await begin('watch');
    await post(`/admin/runs/${runId}/cancel`);
    gate.letGo();
    const page = await open({ as: 'admin' });
    await page.getByRole('link', { name: 'Audit' }).click();
    const [cancel, start] = await rows(page, 'Audit').allTextContents();
    expect(cancel).to.include('ops').and.include('cancel').and.include(runId);
    expect(start).to.include('start').and.include('"tenantId":"t-1"');
    await page.getByRole('link', { name: runId }).click();
    await page.getByRole('heading', { name: /^watch/, level: 1 }).waitFor();

    for (const role of ['read', 'trigger'] as const) {
      const other = await open({ as: role });
      expect(await other.getByRole('link', { name: 'Audit' }).count()).to.equal(0);
      expect((await other.goto('/admin/audit'))?.status()).to.equal(403);
      await other.getByText('expected a token with the role admin').waitFor();
    }
  });

  inBrowser('offer nothing to do to whoever may only read', async ({ open, begin, complete, interrupt, gate }) => {
    const ended = await complete('call', { scope: { kind: 'old' } });
    const interrupted = await interrupt(2);
    const live = await begin('watch', { scope: { tenantId: 't-2' } });
    const page = await open({ as: 'read' });
    for (const path of [
      'jobs',
      'jobs/watch',
      'jobs/call',
      'runs',
      ...[ended, interrupted, live].map((id) => `runs/${id}`),
    ]) {
      await page.goto(`/admin/${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const forms = await page.locator('form[method=post]').evaluateAll((all) => all.map((form) => form.action));
      expect(forms, path).to.deep.equal([new URL('/admin/logout', page.url()).href]);
      for (const name of [/start/i, /cancel/i, /resume/i, /redrive/i])
        expect(await page.getByRole('button', { name }).count(), `${path} ${name}`).to.equal(0);
      expect(await page.locator('dialog, input[type=checkbox]').count(), path).to.equal(0);
    }
    await page.goto('/admin/jobs/watch');
    await page.getByText('You may look.').waitFor();
    gate.letGo();
  });
});
