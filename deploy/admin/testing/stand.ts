/** An admin on a real socket over a real ledger, with jobs that tests can hold and let go. */
import { randomBytes } from 'node:crypto';
import { defineJob, type EnvironmentValues, type Job, type Ledger, memorySource, silentLog } from '@stint/sdk';
import { z } from 'zod';
import { testStack } from '../../../harness/testing/test-stack.ts';
import { makeToken } from '../access/tokens.ts';
import type { Role } from '../admin-service.ts';
import type { TaskSettings } from '../runs/task-starter.ts';
import { type AdminServer, startAdminServer } from '../start-server.ts';
import { type Answer, ask } from './ask.ts';
import { type LedgerKind, makeStandLedger } from './stand-ledger.ts';

export type { Answer } from './ask.ts';

export interface StandOptions {
  /** @default 4 */
  readonly maxRuns?: number;
  /** @default those of this file */
  readonly jobs?: readonly Job[];
  /** @default {} */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How tasks are started. @default not */
  readonly task?: TaskSettings;
  /** @default 'postgres' */
  readonly ledger?: LedgerKind;
  /** @default 5_000 */
  readonly leaseTtlMs?: number;
  /** @default false */
  readonly trustProxy?: boolean;
  /** @default the server's */
  readonly patienceMs?: number;
  /** @default 20 */
  readonly tellEveryMs?: number;
}

export interface AskOptions {
  /** @default 'admin' */
  readonly as?: Role | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An admin, and how to ask it. */
export interface StandAdmin extends AsyncDisposable {
  readonly admin: AdminServer;
  get(path: string, options?: AskOptions): Promise<Answer>;
  post(path: string, body?: unknown, options?: AskOptions): Promise<Answer>;
}

export interface Stand extends StandAdmin {
  readonly ledger: Ledger;
  /** What its runs are launched with. */
  readonly environment: EnvironmentValues;
  readonly jobs: readonly Job[];
  readonly tokens: Readonly<Record<Role, string>>;
  /** Items that wait for `letGo`. */
  readonly held: Held;
  /** Another admin on the same ledger. */
  another(): Promise<StandAdmin>;
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

export async function openStand({
  maxRuns = 4,
  environment: more = {},
  jobs: given,
  ledger: kind = 'postgres',
  leaseTtlMs = 5_000,
  trustProxy = false,
  patienceMs,
  task,
  tellEveryMs = 20,
}: StandOptions = {}): Promise<Stand> {
  await using opened = new AsyncDisposableStack();
  const fork = opened.use(await testStack().fork({ name: 'admin' }));
  const held = new Held();
  const jobs = given ?? standJobs(held);
  // Where the jobs' database is another, their runs are recorded there, by tasks too.
  const postgresUrl = more.DATABASE_URL ?? fork.postgresUrl;
  const kept = await makeStandLedger({ ...fork, postgresUrl }, { kind, leaseTtlMs });
  const environment = { DATABASE_URL: fork.postgresUrl, ...kept.environment, ...more };
  const ledger = opened.use(await kept.open());
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
  const tokens = { read: made.read.token, trigger: made.trigger.token, admin: made.admin.token };
  const another = async (): Promise<StandAdmin> => {
    await using parts = new AsyncDisposableStack();
    const own = parts.use(await kept.open());
    const admin = parts.use(
      await startAdminServer({
        jobs,
        config: {
          host: '127.0.0.1',
          port: 0,
          maxRuns,
          trustProxy,
          access,
          datadog: undefined,
          task,
          target: 'process',
        },
        environment,
        ledger: own,
        log: () => silentLog,
        tellEveryMs,
        ...(patienceMs === undefined ? {} : { patienceMs }),
      }),
    );
    const all = parts.move();
    return {
      admin,
      get: (path, { as = 'admin', ...options } = {}) =>
        ask('GET', new URL(path, admin.url), { token: tokens[as], ...options }),
      post: (path, body, { as = 'admin', ...options } = {}) =>
        ask('POST', new URL(path, admin.url), {
          token: tokens[as],
          ...options,
          ...(body === undefined ? {} : { body }),
        }),
      [Symbol.asyncDispose]: () => all.disposeAsync(),
    };
  };
  const first = opened.use(await another());
  // Before the admin ends, so that its runs do.
  opened.defer(() => held.letGo());
  const all = opened.move();
  return {
    ...first,
    ledger,
    environment,
    jobs,
    tokens,
    held,
    another,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
