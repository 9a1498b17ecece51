/** A test in a browser: an admin of its own, contexts that end with it, and a picture of what was there when it failed. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'mocha';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { repositoryRoot } from '../../../../harness/repository.ts';
import type { Role } from '../../admin-service.ts';
import { type BrowserStand, openBrowserStand } from './browser-stand.ts';
import { sharedBrowser } from './chromium.ts';
import { watchContext } from './watched-page.ts';

/** Ignored by git. */
export const screenshots = join(repositoryRoot, '.stint', 'screenshots');

export interface Visit extends Omit<BrowserContextOptions, 'baseURL'> {
  /** Logged in with the token of this role. @default nobody */
  readonly as?: Role;
}

/** Where a browser goes, and who may log in there. */
export interface Place {
  readonly url: string;
  readonly tokens: Readonly<Record<Role, string>>;
}

/** Opens pages at one admin, each in a context of its own. */
export interface Visitors {
  open(visit?: Visit): Promise<Page>;
}

/** How long a page has for whatever is waited for: nothing here takes a second. */
const patienceMs = 10_000;

/**
 * Hands pages to `use`, and closes them after it.
 * @throws what `use` throws; else Error naming what went wrong in the pages, see `watched-page.ts`
 */
export async function visiting(
  { url, tokens }: Place,
  name: string,
  use: (visitors: Visitors) => Promise<void>,
): Promise<void> {
  const contexts: BrowserContext[] = [];
  const watches: ReturnType<typeof watchContext>[] = [];
  const open = async ({ as, ...options }: Visit = {}) => {
    const context = await sharedBrowser().newContext({
      baseURL: url,
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    contexts.push(context);
    watches.push(watchContext(context, new URL(url).origin));
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    if (as !== undefined) await logIn(page, tokens[as]);
    return page;
  };
  try {
    await use({ open });
    const problems = watches.flatMap((watch) => watch.problems());
    if (problems.length > 0) throw new Error(`expected pages without errors, got:\n${problems.join('\n')}`);
  } catch (error) {
    await keepPictures(contexts, name);
    throw error;
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
  }
}

/** A test on an admin with the jobs of `browser-jobs.ts`. */
export function inBrowser(title: string, test: (stand: BrowserStand & Visitors) => Promise<void>): void {
  it(title, async () => {
    await using stand = await openBrowserStand();
    await visiting({ url: stand.admin.url, tokens: stand.tokens }, title, ({ open }) => test({ ...stand, open }));
  });
}

export async function logIn(page: Page, token: string): Promise<void> {
  await page.goto('/admin/login');
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/admin/jobs');
}

async function keepPictures(contexts: readonly BrowserContext[], name: string): Promise<void> {
  const directory = join(screenshots, 'failed');
  await mkdir(directory, { recursive: true });
  const file = name.replace(/\W+/g, '-').slice(0, 80);
  for (const [index, page] of contexts.flatMap((context) => context.pages()).entries()) {
    const path = join(directory, `${file}-${index}.png`);
    // It may be why the test failed that it cannot be taken.
    await page.screenshot({ path, timeout: 5_000 }).catch(() => undefined);
  }
}
