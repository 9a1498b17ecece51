/** `deploy/task.ts` as a process of its own, on the stores and fakes of a case. */
import { openHarness } from '@stint/harness';
import { type Summary, summarySchema } from '@stint/sdk';
import { expect } from 'chai';
import { externalEnvironment } from '../../harness/testing/external-environment.ts';
import { type Ended, runProgram, startProgram } from '../../harness/testing/program.ts';

export const task = 'deploy/task.ts';
const statuses = 'select status, count(*)::int as count from payments group by status';

/** A case whose provider answers after `latencyMs`, and how to start the task on it. */
export async function openTaskWorld(name: string, latencyMs?: number) {
  const harness = await openHarness(name);
  const provider = harness.fakes.PAYMENTS_API_URL;
  if (latencyMs !== undefined) Object.assign(provider?.state ?? {}, { latencyMs });
  const env = externalEnvironment(harness.stores);
  const [job = ''] = name.split('/');
  return {
    harness,
    env,
    calls: () => provider?.calls.all ?? [],
    run: (more = {}) => runProgram(task, [job], { env: { ...env, ...more } }),
    start: (more = {}) => startProgram(task, [job], { env: { ...env, ...more } }),
    settled: async () => {
      const rows = await harness.sql<{ status: string; count: number }>(statuses);
      return rows.filter(({ status }) => status !== 'pending').reduce((sum, { count }) => sum + count, 0);
    },
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}

/** The lines of standard output: all must be JSON. */
export function linesOf({ stdout }: Ended): readonly Record<string, unknown>[] {
  expect(stdout.endsWith('\n')).to.equal(true);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

export function summaryOf(ended: Ended): Summary {
  return summarySchema.parse(linesOf(ended).findLast(({ summary }) => summary !== undefined)?.summary);
}
