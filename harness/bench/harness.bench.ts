/** What a stack costs those who test on it: to start, to fork, and to run a suite; embedded against containers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCaseStores } from '../case-stores.ts';
import { environment } from '../cli/environment.ts';
import { listCases, loadCase } from '../fixture/index.ts';
import { replayCase } from '../replay/replay-case.ts';
import { repositoryRoot } from '../repository.ts';
import { findImages } from '../stack/container-images.ts';
import { startContainersStack } from '../stack/containers-stack.ts';
import { findEngine, hasImage } from '../stack/docker-engine.ts';
import { startEmbeddedStack } from '../stack/embedded-stack.ts';
import type { Stack } from '../stack/stack.ts';

interface Figures {
  /** By what was measured, in ms. */
  readonly [what: string]: number;
}

const fixtures = join(repositoryRoot, 'fixtures');
const suite = ['happy', 'mixed', 'api-down', 'nothing-to-do'];

export async function benchHarness({ turns }: { readonly turns: number }): Promise<void> {
  const embedded = await medianOf(turns, measureEmbedded);
  const missing = await findMissing();
  const containers = missing === undefined ? await medianOf(turns, measureContainers) : {};
  console.log('\nThe harness, in ms (median); the ratio is containers to embedded');
  for (const [what, ms] of Object.entries(embedded)) {
    const other = containers[what];
    const against = other === undefined ? '' : `${other.toFixed(0).padStart(8)} ms  ratio ${(other / ms).toFixed(1)}`;
    console.log(`  ${what.padEnd(44)}${ms.toFixed(0).padStart(7)} ms ${against}`);
  }
  if (missing !== undefined) console.log(`  containers: not measured (${missing})`);
}

async function measureEmbedded(): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), 'stint-bench-'));
  try {
    const cold = await time(async () => (await startEmbeddedStack({ directory }))[Symbol.asyncDispose]());
    const startedMs = performance.now();
    await using stack = await startEmbeddedStack({ directory });
    const warm = performance.now() - startedMs;
    return { 'start, cold (and its end)': cold, 'start, warm': warm, ...(await measureWork(stack)) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureContainers(): Promise<Figures> {
  const cold = await time(async () => (await startContainersStack({ environment }))[Symbol.asyncDispose]());
  const startedMs = performance.now();
  await using stack = await startContainersStack({ environment });
  const warm = performance.now() - startedMs;
  return { 'start, cold (and its end)': cold, 'start, warm': warm, ...(await measureWork(stack)) };
}

async function measureWork(stack: Stack): Promise<Figures> {
  const demo = await loadCase(join(fixtures, 'poll-payment-status', 'demo'));
  const fork = () => time(async () => (await openCaseStores(stack, demo))[Symbol.asyncDispose]());
  await fork();
  const forks: number[] = [];
  for (let turn = 0; turn < 15; turn += 1) forks.push(await fork());
  const cases = (await listCases(fixtures)).filter(({ name }) => suite.includes(name));
  const replayed = await time(async () => {
    for (const { directory } of cases) await replayCase(await loadCase(directory), { stack });
  });
  return {
    'fork of poll-payment-status/demo (and its end)': median(forks),
    [`suite: ${cases.length} cases replayed`]: replayed,
  };
}

async function findMissing(): Promise<string | undefined> {
  const { postgres, localstack } = await findImages(environment);
  const engine = await findEngine().catch(() => undefined);
  if (engine === undefined) return 'no Docker engine answers';
  for (const image of [postgres, localstack])
    if (!(await hasImage(engine, image))) return `the image ${image} is not here`;
  return undefined;
}

async function medianOf(turns: number, measure: () => Promise<Figures>): Promise<Figures> {
  const all: Figures[] = [];
  for (let turn = 0; turn < turns; turn += 1) all.push(await measure());
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(all.map((figures) => figures[name] ?? 0))]));
}

async function time(fn: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await fn();
  return performance.now() - startedMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
