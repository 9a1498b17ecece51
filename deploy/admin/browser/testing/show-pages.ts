/** Every page of the admin, as it is worth looking at: for checks that hold for all of them. */
import type { Page } from 'playwright-core';
import type { BrowserStand } from './browser-stand.ts';

export interface ShownPage {
  readonly name: string;
  readonly path: string;
  /** Whether it is shown to whoever is logged in. @default true */
  readonly isInside?: boolean;
  /** Brings it to what is worth looking at. @default as it is loaded */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Makes runs of each kind, one of which goes on. */
export async function showPages(stand: BrowserStand): Promise<readonly ShownPage[]> {
  const failed = await stand.complete('call', { scope: { kind: 'old' } });
  await stand.complete('call', { scope: { kind: 'new' }, dryRun: true });
  const hostile = await stand.complete('hostile', { scope: hostileScope });
  const interrupted = await stand.interrupt(6);
  await stand.post(`/admin/runs/${interrupted}/cancel`);
  const resumable = await stand.interrupt(5);
  const live = await stand.begin('watch', { scope: { tenantId: 't-2' } });
  stand.gate.letGo(7);
  const press = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).click();
  const openAll = (page: Page) =>
    page.locator('details').evaluateAll((all) => {
      for (const details of all) details.setAttribute('open', '');
    });
  return [
    { name: 'log-in', path: '/admin/login', isInside: false },
    { name: 'log-in-refused', path: '/admin/login', isInside: false, prepare: refuse },
    { name: 'jobs', path: '/admin/jobs' },
    { name: 'job', path: '/admin/jobs/watch' },
    { name: 'job-with-history', path: '/admin/jobs/call' },
    { name: 'job-refused', path: '/admin/jobs/watch', prepare: fillInWrongly },
    { name: 'runs', path: '/admin/runs' },
    { name: 'run-live', path: `/admin/runs/${live}` },
    { name: 'run-cancel-asked', path: `/admin/runs/${live}`, prepare: press('Cancel run…') },
    { name: 'run-with-failures', path: `/admin/runs/${failed}`, prepare: openAll },
    { name: 'run-filtered', path: `/admin/runs/${failed}?error=RangeError` },
    { name: 'run-interrupted', path: `/admin/runs/${resumable}` },
    { name: 'run-cancelled', path: `/admin/runs/${interrupted}` },
    { name: 'run-hostile', path: `/admin/runs/${hostile}`, prepare: openAll },
    { name: 'cancel', path: `/admin/runs/${live}/cancel` },
    { name: 'resume', path: `/admin/runs/${resumable}/resume` },
    { name: 'audit', path: '/admin/audit' },
    { name: 'not-found', path: '/admin/jobs/none' },
  ];
}

export const hostileScope = {
  tenantId: `<script>alert('scope')</script>"><img src=x onerror=alert(1)>${'without-a-place-to-break'.repeat(4)}`,
};

/** Loads it and brings it to what is worth looking at. */
export async function show(page: Page, { path, prepare }: ShownPage): Promise<void> {
  await page.goto(path);
  await prepare?.(page);
}

async function refuse(page: Page): Promise<void> {
  await page.getByLabel('Token').fill('stint_wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
}

async function fillInWrongly(page: Page): Promise<void> {
  await page.getByLabel('tenantId').fill('x');
  await page.getByLabel('ids').fill('17\nseventeen');
  await page.getByLabel('most').fill('many');
  await page.getByRole('button', { name: 'Start the run' }).click();
  await page.getByRole('alert').waitFor();
}
