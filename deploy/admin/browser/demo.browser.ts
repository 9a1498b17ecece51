import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { environment } from '../../environment.ts';
import { type DemoAdmin, openDemoAdmin } from './testing/demo-admin.ts';
import { screenshots, type Visitors, visiting } from './testing/in-browser.ts';

const viewports = { wide: { width: 1280, height: 860 }, narrow: { width: 390, height: 844 } };
const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
  (['wide', 'narrow'] as const).map((size) => ({ colorScheme, size })),
);
const lists = { jobs: 'jobs', job: 'jobs/poll-payment-status', runs: 'runs', audit: 'audit' };
const badge = (page: Page, text: string) => page.locator('h1 .badge', { hasText: text }).waitFor();
const settled = async (page: Page) => Number(await page.getByRole('progressbar').getAttribute('value'));

async function startScoped(page: Page, tenantId: string): Promise<void> {
  await page.goto('/admin/jobs/poll-payment-status');
  await page.getByLabel('tenantId').fill(tenantId);
  await page.getByRole('button', { name: 'Start the run' }).click();
  await badge(page, 'running');
}

/** Resolves when so many of ten parts of its items are settled. */
async function comesTo(page: Page, tenths: number): Promise<void> {
  await page.locator('[data-place=headline]', { hasText: new RegExp(`^([${tenths}-9]\\d|100) %`) }).waitFor();
}

/** Items in flight may end before it does. */
async function cancel({ provider }: DemoAdmin, page: Page): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel run', exact: true }).click();
  await badge(page, 'cancel');
  provider.gate.letGo(16);
  await badge(page, 'cancelled');
}

/** One of the demo, four of whose items failed. */
async function openFailing(page: Page): Promise<void> {
  await page.goto('/admin/runs?job=poll-payment-status&limit=100');
  await page.getByRole('row').filter({ hasText: 'grace' }).getByRole('link').last().click();
  await page.getByRole('heading', { name: /^Failed items/ }).waitFor();
}

interface View {
  readonly page: Page;
  take(name: string, options?: { readonly of?: Page; readonly fullPage?: boolean }): Promise<void>;
}

async function openView({ open }: Visitors, { colorScheme, size }: (typeof looks)[number]): Promise<View> {
  const look = { colorScheme, viewport: viewports[size], timezoneId: 'Europe/Berlin' };
  const page = await open({ as: 'admin', ...look });
  const take: View['take'] = async (name, { of = page, fullPage = true } = {}) => {
    const path = join(screenshots, `${name}-${colorScheme}-${size}.png`);
    expect((await of.screenshot({ path, fullPage })).byteLength, path).to.be.greaterThan(5_000);
  };
  const outside = await open(look);
  await outside.goto('/admin/login');
  await take('log-in', { of: outside });
  return { page, take };
}

async function takeRest({ page, take }: View): Promise<void> {
  await badge(page, 'cancelled');
  await take('run-cancelled');
  await openFailing(page);
  await page.getByText('1 request').first().click();
  await take('run-with-failures');
  for (const [name, path] of Object.entries(lists)) {
    await page.goto(`/admin/${path}`);
    await take(name);
  }
  await page.goto('/admin/jobs/publish-cities');
  await page.getByRole('button', { name: 'Start the run' }).click();
  await page.getByRole('alert').waitFor();
  await take('job-refused');
}

/** Those of the README, when they are asked for. */
async function keepPictures(page: Page): Promise<void> {
  if (environment.STINT_ADMIN_PICTURES !== 'true') return;
  const run = page.url();
  const directory = join(import.meta.dirname, '..', 'pictures');
  await mkdir(directory, { recursive: true });
  await comesTo(page, 5);
  const failures = await page.getByRole('table', { name: 'Failed items' }).boundingBox();
  const below = (failures?.y ?? 0) + (failures?.height ?? 0);
  const clip = { x: 0, y: 0, width: viewports.wide.width, height: Math.ceil(below) + 20 };
  await page.screenshot({ path: join(directory, 'run.png'), clip, fullPage: true });
  await page.goto('/admin/jobs');
  await page.screenshot({ path: join(directory, 'jobs.png'), clip: { ...clip, height: 450 } });
  await page.goto(run);
}

describe('the pages over the jobs of the registry, on demo data', function demoTests() {
  this.timeout(120_000);
  let admin: DemoAdmin;
  before(async () => {
    admin = await openDemoAdmin();
    await mkdir(screenshots, { recursive: true });
  });
  after(() => admin?.[Symbol.asyncDispose]());

  it('start a scoped run, show it move, cancel it, and redrive a failed item', async function scopedRun() {
    await visiting(admin, this.test?.title ?? '', async ({ open }) => {
      const page = await open({ as: 'trigger' });
      await startScoped(page, 't-1');
      admin.provider.gate.letGo(150);
      await comesTo(page, 1);
      const before = await settled(page);
      admin.provider.gate.letGo(200);
      await comesTo(page, 3);
      expect(await settled(page)).to.be.greaterThan(before);
      await page.getByRole('button', { name: 'Cancel run…' }).click();
      await cancel(admin, page);

      await openFailing(page);
      const boxes = page.getByRole('table', { name: 'Failed items' }).getByRole('checkbox');
      expect(await boxes.count()).to.equal(4);
      await boxes.first().check();
      admin.provider.gate.letGo(4);
      await page.getByRole('button', { name: /^Redrive selected/ }).click();
      await page.getByText('redrive', { exact: true }).waitFor();
      await badge(page, 'succeeded');
      expect(await page.getByRole('table', { name: 'Failed items' }).count()).to.equal(0);
    });
  });

  it('have their pictures taken, light and dark, wide and narrow', async function pictures() {
    await visiting(admin, this.test?.title ?? '', async (visitors) => {
      const views = await Promise.all(looks.map((look) => openView(visitors, look)));
      const [first] = views;
      if (first === undefined) return;
      await startScoped(first.page, 't-2');
      admin.provider.gate.letGo(200);
      await comesTo(first.page, 2);
      admin.provider.refuse(3);
      admin.provider.gate.letGo(240);
      await comesTo(first.page, 5);
      // Failed items are shown when a checkpoint has saved them.
      const failures = first.page.getByRole('table', { name: 'Failed items' });
      while ((await failures.count()) === 0) await first.page.reload();
      await keepPictures(first.page);
      for (const { page, take } of views) {
        await page.goto(first.page.url());
        await comesTo(page, 5);
        await take('run-live', { fullPage: false });
      }
      for (const { page, take } of views) {
        await page.getByRole('button', { name: 'Cancel run…' }).click();
        await take('run-cancel', { fullPage: false });
      }
      await cancel(admin, first.page);
      for (const view of views) await takeRest(view);
    });
  });
});
