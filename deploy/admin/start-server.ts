/**
 * The admin as a server.
 *
 * Guarantees: disposing it takes no new requests and runs, tells watchers, interrupts the runs that go on here so that they can be resumed,
 * and resolves when they have ended and all answers are sent, or after `drainMs`.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  EnvironmentError,
  type EnvironmentValues,
  type Job,
  type Ledger,
  type Log,
  MemoryLedger,
  openLedger,
  type Stores,
} from '@stint/sdk';
import { noTelemetry, type Telemetry } from '../datadog.ts';
import { createAdminApp } from './app.ts';
import type { AdminConfig } from './config.ts';
import { LedgerService } from './runs/ledger-service.ts';
import { LocalRuns } from './runs/local-runs.ts';
import { SharedService } from './runs/shared-service.ts';
import { TaskRuns } from './runs/task-runs.ts';
import { EcsTaskStarter } from './runs/task-starter.ts';

export interface AdminServerOptions {
  readonly jobs: readonly Job[];
  readonly config: AdminConfig;
  readonly environment: EnvironmentValues;
  readonly log: (bindings: Readonly<Record<string, unknown>>) => Log;
  /** @default what the environment names */
  readonly ledger?: Ledger;
  /** @default what the environment names */
  readonly stores?: Stores;
  /** Where metrics and traces of runs go. @default nowhere */
  readonly telemetry?: Telemetry;
  /** How often watchers are told, in ms. @default 1_000 */
  readonly tellEveryMs?: number;
  /** How slow clients may be. @default see `ServerTimeouts` */
  readonly timeouts?: ServerTimeouts;
}

/** Whoever sends slower than this is not served. */
export interface ServerTimeouts {
  /** For all of a request, in ms. @default 30_000 */
  readonly requestMs?: number;
  /** For its headers, in ms. @default 15_000 */
  readonly headersMs?: number;
  /** How long a connection is kept without a request, in ms. @default 65_000 */
  readonly keepAliveMs?: number;
  /** How often requests are looked at, in ms: so much later they may end. @default 1_000 */
  readonly checkEveryMs?: number;
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
  telemetry = noTelemetry,
  tellEveryMs,
  timeouts: { requestMs = 30_000, headersMs = 15_000, keepAliveMs = 65_000, checkEveryMs = 1_000 } = {},
}: AdminServerOptions): Promise<AdminServer> {
  await using opened = new AsyncDisposableStack();
  const ledger = given ?? opened.use(await openLedger(environment));
  // With connections of its own: no checkpoint or heartbeat waits behind what somebody looks at.
  const shown = given ?? (ledger instanceof MemoryLedger ? ledger : opened.use(await openLedger(environment)));
  const local = new LocalRuns({ ledger, environment, stores, max: config.maxRuns, log, telemetry });
  const closing = new AbortController();
  const starter = config.task && opened.use(new EcsTaskStarter(config.task, environment));
  const tasks = starter && new TaskRuns({ starter, look: (runId) => shown.run(runId), closing: closing.signal });
  const tell = tellEveryMs === undefined ? {} : { tellEveryMs };
  const { target } = config;
  const app = createAdminApp({
    jobs,
    service: new SharedService(new LedgerService({ jobs, ledger: shown, local, tasks, target, ...tell })),
    access: config.access,
    trustProxy: config.trustProxy,
    datadog: config.datadog,
    version: environment.STINT_COMMIT ?? '0',
    log: log({}),
    checkReady: () => answersWithin(readyMs, shown.runs({ limit: 1 })),
    closing: closing.signal,
  });
  const answer = app.callback();
  const server = createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: headersMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkEveryMs,
    },
    answer,
  );
  // An expectation that nobody knows is passed by, not refused past all that answers have to have.
  server.on('checkExpectation', answer);
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
