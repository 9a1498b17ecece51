/**
 * What the admin does under load, and what the load does to the run that goes on in it.
 *
 * The run's throughput is taken from the rows it wrote: alone, then with watchers and readers, then alone again, so that a machine that
 * changes meanwhile changes both sides of the ratio. Server, clients, stores and the provider share the machine.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startAdminServer } from '../cli/admin-server.ts';
import { repositoryRoot } from '../repository.ts';
import type { Stack } from '../stack/stack.ts';
import { startClients } from './admin/clients.ts';
import { type LoadGround, openLoadGround, runsPerJob } from './admin/ground.ts';
import type { LoadFigures } from './admin/load.ts';
import type { Read, ReadFigures } from './admin/paced-reads.ts';
import { type Usage, usageOf } from './admin/process-usage.ts';

export interface AdminBenchOptions {
  readonly loadedMs: number;
  /** Each time. */
  readonly aloneMs: number;
}

interface Window {
  readonly itemsPerSecond: number;
  /** Of the server. */
  readonly cpuPerSecond: number;
  readonly residentBytes: number;
}

const watchers = 500;
const readsPerSecond = 200;
/** More than there can be. */
const itemsPerSecond = 220;
const settleMs = 3_000;

export async function benchAdmin(stack: Stack, { loadedMs, aloneMs }: AdminBenchOptions): Promise<void> {
  const allMs = loadedMs + 2 * aloneMs + 5 * settleMs;
  await using ground = await openLoadGround(stack, Math.ceil((allMs / 1_000) * itemsPerSecond));
  await using server = startAdminServer({
    file: join(repositoryRoot, 'deploy', 'admin', 'server.ts'),
    environment: ground.environment,
    onLine: (line) => {
      if (/"level":"error"/.test(line)) console.log(line);
    },
  });
  const url = await server.listening;
  if (url === undefined || server.pid === undefined) throw new Error('expected the admin to listen; its log tells why');
  const run = await startRun(url, ground.token);
  await delay(settleMs);
  const measure = (work: () => Promise<unknown>) => measureWindow(ground, server.pid ?? 0, work);

  const before = await measure(() => delay(aloneMs));
  await using clients = startClients({
    ...{ url, token: ground.token, watchers, perSecond: readsPerSecond, forMs: loadedMs },
    watchPath: `/admin/runs/${run}/events`,
    reads: readsOf(run, ground.pastRun),
  });
  await clients.watching;
  let figures: LoadFigures | undefined;
  const loaded = await measure(async () => {
    figures = await clients.done;
  });
  await delay(settleMs);
  const after = await measure(() => delay(aloneMs));
  if (figures !== undefined) print({ before, loaded, after }, figures, loadedMs);
}

async function startRun(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'respond-async' };
  const body = JSON.stringify({ scope: { tenantId: 't-1' } });
  const answer = await fetch(`${url}/admin/poll-payment-status`, { method: 'POST', headers, body });
  const { runId, detail } = (await answer.json()) as { runId?: string; detail?: string };
  if (runId === undefined) throw new Error(`expected a run to start, got ${answer.status}: ${detail}`);
  return runId;
}

/** The run that goes on is what most look at; of those that were, each read is of another. */
function readsOf(run: string, pastRun: string): readonly Read[] {
  const read = (name: string, ...paths: readonly string[]): readonly Read[] => [
    { name, paths: paths.map((path) => `/admin/${path}`), accept: 'application/json' },
    { name: `${name}, page`, paths: paths.map((path) => `/admin/${path}`), accept: 'text/html' },
  ];
  const past = Array.from({ length: runsPerJob }, (_, index) => `runs/bench-poll-payment-status-${index + 1}`);
  const [failures] = read('failures', `runs/${pastRun}/failures`);
  return [
    ...read('jobs', 'jobs'),
    ...read('runs', 'runs'),
    ...read('the run', `runs/${run}`),
    ...read('a past run', ...past),
    ...read('a job', 'jobs/poll-payment-status'),
    ...(failures === undefined ? [] : [failures]),
  ];
}

async function measureWindow(ground: LoadGround, pid: number, work: () => Promise<unknown>): Promise<Window> {
  const from = Date.now();
  const usage = usageOf(pid);
  await work();
  const to = Date.now();
  const then: Usage | undefined = usageOf(pid);
  const seconds = (to - from) / 1_000;
  return {
    itemsPerSecond: (await ground.settledBetween(from, to)) / seconds,
    cpuPerSecond: ((then?.cpuMs ?? Number.NaN) - (usage?.cpuMs ?? Number.NaN)) / seconds,
    residentBytes: then?.residentBytes ?? Number.NaN,
  };
}

interface Windows {
  readonly before: Window;
  readonly loaded: Window;
  readonly after: Window;
}

function print({ before, loaded, after }: Windows, { reads, events, lost }: LoadFigures, loadedMs: number): void {
  const alone = (before.itemsPerSecond + after.itemsPerSecond) / 2;
  console.log(
    `\nOne turn of the admin with a run of poll-payment-status, ${watchers} watchers and ${readsPerSecond} reads a second for ${loadedMs / 1_000} s`,
  );
  for (const [name, window] of Object.entries({ before, loaded, after })) {
    const { itemsPerSecond: rate, cpuPerSecond, residentBytes } = window;
    const label = { before: 'the run alone', loaded: 'under load', after: 'alone again' }[name] ?? name;
    const ratio = window === loaded ? `  ratio ${(rate / alone).toFixed(2)}` : '';
    console.log(
      `  ${label.padEnd(22)}${rate.toFixed(0).padStart(6)} items/s  server ${cpuPerSecond.toFixed(0).padStart(4)} ms CPU a second, ` +
        `${(residentBytes / 1e6).toFixed(0).padStart(4)} MB${ratio}`,
    );
  }
  const sorted = events.toSorted((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  console.log(`  events a watcher      ${least} to ${most}, median ${median}; ${lost} watchers lost`);
  for (const [name, figures] of Object.entries(reads)) console.log(`  ${readLine(name, figures)}`);
}

function readLine(name: string, { count, errors, p50, p99, max }: ReadFigures): string {
  const ms = (value: number) => `${value.toFixed(0).padStart(5)} ms`;
  return `${(name || 'all reads').padEnd(22)}p50 ${ms(p50)}  p99 ${ms(p99)}  max ${ms(max)}  of ${count}, ${errors} errors`;
}
