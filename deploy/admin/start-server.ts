/**
 * The admin as a server.
 *
 * Guarantees: disposing it starts no new runs and is not ready any more, interrupts the runs that go on here so that they can be resumed,
 * tells their ends to who waits for them and who watches, and resolves when all answers are sent, or `drainMs` later. Until the runs have
 * ended it is still there for whoever looks.
 * It starts while its ledger does not answer, and says so: readiness tells when it does.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  describeError,
  EnvironmentError,
  type EnvironmentValues,
  type Job,
  type Ledger,
  type Log,
  MemoryLedger,
  openLedger,
  Redaction,
  type Stores,
  secretsOf,
} from '@stint/sdk';
import { noTelemetry, type Telemetry } from '../datadog.ts';
import { createAdminApp } from './app.ts';
import type { AdminConfig } from './config.ts';
import { Connections } from './http/connections.ts';
import { makeServer, type ServerTimeouts } from './http/make-server.ts';
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
  /** How long a client may read nothing of what it asked for, in ms. @default 60_000 */
  readonly patienceMs?: number;
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
  timeouts,
  patienceMs = 60_000,
}: AdminServerOptions): Promise<AdminServer> {
  await using opened = new AsyncDisposableStack();
  const ledger = given ?? opened.use(await openLedger(environment));
  // With connections of its own: no checkpoint or heartbeat waits behind what somebody looks at.
  const shown = given ?? (ledger instanceof MemoryLedger ? ledger : opened.use(await openLedger(environment)));
  const local = new LocalRuns({ ledger, environment, stores, max: config.maxRuns, log, telemetry });
  // After all else, but while there is a ledger.
  opened.defer(() => local.told());
  const closing = new AbortController();
  const leaving = new AbortController();
  const starter = config.task && opened.use(new EcsTaskStarter(config.task, environment));
  const tasks = starter && new TaskRuns({ starter, look: (runId) => shown.run(runId), closing: closing.signal });
  const tell = tellEveryMs === undefined ? {} : { tellEveryMs };
  const { target } = config;
  const redaction = new Redaction(secretsOf(environment, jobs));
  const service = new LedgerService({ jobs, ledger: shown, local, tasks, target, redaction, ...tell });
  const checkReady = () => answersWithin(readyMs, shown.runs({ limit: 1 }));
  const app = createAdminApp({
    jobs,
    service: new SharedService(service),
    access: config.access,
    trustProxy: config.trustProxy,
    datadog: config.datadog,
    version: environment.STINT_COMMIT ?? '0',
    log: log({}),
    checkReady,
    closing: closing.signal,
    leaving: leaving.signal,
    patienceMs,
  });
  const server = makeServer(app.callback(), timeouts);
  const connections = new Connections(server, { patienceMs, drainMs });
  server.listen(config.port, config.host);
  await listening(server, config);
  // From the last to the first: the runs end, who watches them is told, then connections get their last answers.
  opened.defer(() => connections.drain());
  opened.defer(async () => {
    await answersWithin(drainMs, service.tellWatchers()).catch(() => undefined);
    leaving.abort();
  });
  opened.use(local);
  opened.defer(() => closing.abort());
  void checkReady().catch((error: unknown) => {
    if (closing.signal.aborted) return;
    log({}).warn('the ledger does not answer yet; /readyz tells when it does', { error: describeError(error) });
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

async function answersWithin(ms: number, asked: Promise<unknown>): Promise<void> {
  asked.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('it did not answer')), ms);
  });
  await Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
