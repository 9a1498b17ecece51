/**
 * The admin as a server.
 *
 * Guarantees: disposing it takes no new requests and runs, tells watchers, interrupts the runs that go on here so that they can be resumed,
 * and resolves when they have ended and all answers are sent, or after `drainMs`.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  EnvironmentError,
  type EnvironmentValues,
  type Job,
  type Ledger,
  type Log,
  openLedger,
  type Stores,
} from '@stint/sdk';
import { createAdminApp } from './app.ts';
import type { AdminConfig } from './config.ts';
import { makeServer, type ServerTimeouts } from './http/make-server.ts';
import { LedgerService } from './runs/ledger-service.ts';
import { LocalRuns } from './runs/local-runs.ts';

export interface AdminServerOptions {
  readonly jobs: readonly Job[];
  readonly config: AdminConfig;
  readonly environment: EnvironmentValues;
  readonly log: (bindings: Readonly<Record<string, unknown>>) => Log;
  /** @default what the environment names */
  readonly ledger?: Ledger;
  /** @default what the environment names */
  readonly stores?: Stores;
  /** How often watchers are told, in ms. @default 1_000 */
  readonly tellEveryMs?: number;
  /** How slow clients may be. @default see `ServerTimeouts` */
  readonly timeouts?: ServerTimeouts;
}

export interface AdminServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly server: Server;
}

/** How long connections get to take their answers when the runs have ended. */
const drainMs = 5_000;
const readyMs = 5_000;

export async function startAdminServer({
  jobs,
  config,
  environment,
  log,
  ledger: given,
  stores,
  tellEveryMs,
  timeouts,
}: AdminServerOptions): Promise<AdminServer> {
  await using opened = new AsyncDisposableStack();
  const ledger = given ?? opened.use(await openLedger(environment));
  const local = new LocalRuns({ ledger, environment, stores, max: config.maxRuns, log });
  const closing = new AbortController();
  const app = createAdminApp({
    jobs,
    service: new LedgerService({ jobs, ledger, local, ...(tellEveryMs === undefined ? {} : { tellEveryMs }) }),
    access: config.access,
    trustProxy: config.trustProxy,
    datadog: config.datadog,
    version: environment.STINT_COMMIT ?? '0',
    log: log({}),
    checkReady: () => answersWithin(readyMs, ledger.runs({ limit: 1 })),
    closing: closing.signal,
  });
  const server = makeServer(app.callback(), timeouts);
  server.listen(config.port, config.host);
  await listening(server, config);
  // From the last to the first: no new requests, then the runs end, then those that waited for them get their answers.
  opened.defer(() => endServer(server));
  opened.use(local);
  opened.defer(() => {
    closing.abort();
    server.close();
    server.closeIdleConnections();
  });
  const all = opened.move();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    server,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** @throws EnvironmentError for an address that is not to be had */
async function listening(server: Server, { host, port }: AdminConfig): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `expected to listen on ${host}:${port}, got ${code}; choose another, or end what is there`;
    throw new EnvironmentError('the admin does not start', [{ path: 'HOST, PORT', message }]);
  }
}

async function endServer(server: Server): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), drainMs);
  // Connections that are kept alive have nothing to wait for.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  try {
    while ((await countConnections(server)) > 0) await delay(10);
  } finally {
    clearTimeout(late);
    clearInterval(idle);
  }
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

async function answersWithin(ms: number, asked: Promise<unknown>): Promise<void> {
  asked.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('it did not answer')), ms);
  });
  await Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
