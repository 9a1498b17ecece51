/** An admin on a real socket over a real ledger, with jobs that tests can hold and let go. */
import { randomBytes } from 'node:crypto';
import { defineJob, type Job, type Ledger, memorySource, openLedger, silentLog } from '@stint/sdk';
import { request } from 'undici';
import { z } from 'zod';
import { testStack } from '../../../harness/testing/test-stack.ts';
import { makeToken } from '../access/tokens.ts';
import type { Role } from '../admin-service.ts';
import type { TaskSettings } from '../runs/task-starter.ts';
import { type AdminServer, startAdminServer } from '../start-server.ts';

export interface StandOptions {
  /** @default 4 */
  readonly maxRuns?: number;
  /** @default those of this file */
  readonly jobs?: readonly Job[];
  /** @default {} */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How tasks are started. @default not */
  readonly task?: TaskSettings;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly json: any;
}

export interface AskOptions {
  /** @default 'admin' */
  readonly as?: Role | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Stand extends AsyncDisposable {
  readonly admin: AdminServer;
  readonly ledger: Ledger;
  readonly tokens: Readonly<Record<Role, string>>;
  /** Items that wait for `letGo`. */
  readonly held: Held;
  get(path: string, options?: AskOptions): Promise<Answer>;
  post(path: string, body?: unknown, options?: AskOptions): Promise<Answer>;
}

/** Where handlers of the job `hold` wait. */
export class Held {
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();
  #came = Promise.withResolvers<void>();
  #isOpen = false;

  async wait(key: string, signal: AbortSignal): Promise<void> {
    if (this.#isOpen) return;
    const waiting = Promise.withResolvers<void>();
    this.#waiting.set(key, waiting);
    this.#came.resolve();
    this.#came = Promise.withResolvers();
    signal.addEventListener('abort', () => waiting.reject(signal.reason));
    await waiting.promise;
  }

  /** Resolves when so many wait. */
  async until(count: number): Promise<void> {
    while (this.#waiting.size < count) await this.#came.promise;
  }

  letGo(): void {
    this.#isOpen = true;
    for (const { resolve } of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}

const scope = z.object({
  tenantId: z.string().max(40).optional().describe('one tenant'),
  ids: z.array(z.string()).max(20).optional(),
  since: z.iso.date().optional(),
  most: z.number().int().min(1).optional(),
  kind: z.enum(['new', 'old']).optional(),
});

export function standJobs(held: Held): readonly Job[] {
  const items = ['a', 'b', 'c', 'd'];
  return [
    defineJob({
      name: 'hold',
      summary: 'Works four items, each of which waits.',
      scope,
      schedule: { rate: '15 minutes' },
      limits: { concurrency: 2, drainMs: 200 },
      async run(ctx) {
        await ctx.each(memorySource(items), async (_, item) => {
          await held.wait(item.key, item.signal);
        });
      },
    }),
    defineJob({
      name: 'fail-some',
      summary: 'Fails two of its four items, as long as its scope says new.',
      scope,
      admin: { unscoped: true },
      limits: { tolerate: { failures: 10, percent: 100 } },
      async run(ctx) {
        await ctx.each(memorySource(items), async (value, item) => {
          if (value === 'b' || value === 'c') throw new RangeError(`no ${value}`);
          item.count('done');
        });
      },
    }),
    defineJob({
      name: 'needs-env',
      summary: 'Needs what is not there.',
      env: z.object({ SOME_API_URL: z.url() }),
      admin: { unscoped: true },
      async run() {},
    }),
  ] as unknown as readonly Job[];
}

export async function openStand({ maxRuns = 4, environment = {}, jobs, task }: StandOptions = {}): Promise<Stand> {
  await using opened = new AsyncDisposableStack();
  const fork = opened.use(await testStack().fork({ name: 'admin' }));
  const held = new Held();
  const env = { STINT_LEDGER: 'postgres', DATABASE_URL: fork.postgresUrl, STINT_LEASE_TTL_MS: '5000', ...environment };
  const ledger = opened.use(await openLedger(env));
  const made = {
    read: makeToken('reader', 'read'),
    trigger: makeToken('qa', 'trigger'),
    admin: makeToken('ops', 'admin'),
  };
  const access = {
    tokens: Object.values(made).map(({ entry }) => entry),
    madeToken: undefined,
    sessionSecret: randomBytes(32).toString('hex'),
    secureCookies: false,
  };
  const admin = opened.use(
    await startAdminServer({
      jobs: jobs ?? standJobs(held),
      config: {
        host: '127.0.0.1',
        port: 0,
        maxRuns,
        trustProxy: false,
        access,
        datadog: undefined,
        task,
        target: 'process',
      },
      environment: env,
      log: () => silentLog,
      tellEveryMs: 20,
    }),
  );
  // Before the admin ends, so that its runs do.
  opened.defer(() => held.letGo());
  const tokens = { read: made.read.token, trigger: made.trigger.token, admin: made.admin.token };
  const ask = async (method: 'GET' | 'POST', path: string, { as = 'admin', body, headers = {} }: AskOptions) => {
    const {
      statusCode,
      headers: got,
      body: answer,
    } = await request(new URL(path, admin.url), {
      method,
      headers: {
        authorization: `Bearer ${tokens[as]}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: statusCode,
      headers: got,
      text,
      json: /json/.test(String(got['content-type'])) ? JSON.parse(text) : undefined,
    };
  };
  const all = opened.move();
  return {
    admin,
    ledger,
    tokens,
    held,
    get: (path, options = {}) => ask('GET', path, options),
    post: (path, body, options = {}) => ask('POST', path, { ...options, ...(body === undefined ? {} : { body }) }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
