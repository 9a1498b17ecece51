/**
 * Replays a case: runs its job on its data, with its fakes and recorded services, and tells what differs from what the case
 * expects.
 *
 * Guarantees: the case's stores are private to the replay and gone after it; with `update` what came is written only when the
 * run itself could be made. Does not compare times, rates and the like, nor in which order items were worked.
 */
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { findJob, type Json } from '@stint/sdk';
import pg from 'pg';
import { type Case, FixtureError } from '../fixture/index.ts';
import { openHarness } from '../harness.ts';
import type { Stack } from '../stack/stack.ts';
import { checkVolatileColumns, checkVolatileTables } from './check-volatile.ts';
import { type CaseDifference, compare } from './compare.ts';
import { describeDifference } from './diff-json.ts';
import { checkTables, type Expected, readExpected, writeExpected } from './expected-files.ts';
import { callsOf, type Outcome, type StoreName, summaryOf, type Tables } from './outcome.ts';
import { readDynamodbTables } from './read-dynamodb.ts';
import { type Moments, readPostgresTables, serverTime } from './read-postgres.ts';

export interface ReplayOptions {
  readonly stack: Stack;
  /** Accept what comes. @default false */
  readonly update?: boolean;
  /** Whether waits take real time. @default 'virtual' */
  readonly clock?: 'real' | 'virtual';
  /** Ends the run. @default never */
  readonly signal?: AbortSignal;
}

export interface Replay {
  readonly case: string;
  readonly directory: string;
  readonly status: 'same' | 'different' | 'updated';
  /** Whether the case has accepted an outcome; else only its `expect` was looked at. */
  readonly accepted: boolean;
  readonly difference: CaseDifference | undefined;
  /** How long the run took, in ms, as its summary says. */
  readonly durationMs: number;
}

/** @throws FixtureError for a case that does not fit; FakeError when a request had no answer */
export async function replayCase(
  testCase: Case,
  { stack, update = false, clock = 'virtual', signal }: ReplayOptions,
): Promise<Replay> {
  const expected = await readAccepted(testCase, update);
  const { outcome, summary, durationMs } = await run(testCase, { stack, clock, signal });
  if (expected !== undefined && !update) checkTables(testCase, expected, outcome);
  const difference = compare(testCase, expected, outcome, summary);
  const accepted = expected !== undefined;
  const found = { case: nameOf(testCase), directory: testCase.directory, accepted, difference, durationMs };
  if (!update) return { ...found, status: difference === undefined ? 'same' : 'different' };
  if (accepted && difference === undefined) return { ...found, status: 'same' };
  checkExpect(testCase, outcome, summary);
  await writeExpected(testCase, outcome);
  return { ...found, status: 'updated' };
}

/** `<job>/<case>` */
export function nameOf({ job, name }: Case): string {
  return `${job}/${name}`;
}

/** `expect` is written by hand and never updated: what contradicts it would be different again at the next replay. */
function checkExpect(testCase: Case, outcome: Outcome, summary: Json): void {
  const [first] = compare(testCase, undefined, outcome, summary)?.summary ?? [];
  if (first === undefined) return;
  const reason = `expect: ${describeDifference(first)}; nothing was accepted: correct "expect" by hand first, or the job`;
  throw new FixtureError('STINT_FIXTURE_INVALID', join(testCase.directory, 'case.json'), undefined, reason);
}

/** What is there does not matter when it is replaced: a file that is broken is most easily mended by accepting anew. */
async function readAccepted(testCase: Case, update: boolean): Promise<Expected | undefined> {
  try {
    return await readExpected(testCase);
  } catch (error) {
    if (update && error instanceof FixtureError) return undefined;
    throw error;
  }
}

async function run(
  testCase: Case,
  {
    stack,
    clock,
    signal,
  }: Required<Pick<ReplayOptions, 'stack' | 'clock'>> & { readonly signal: AbortSignal | undefined },
): Promise<{ readonly outcome: Outcome; readonly summary: Json; readonly durationMs: number }> {
  await using harness = await openHarness(testCase.directory, { stack });
  const { fork } = harness.stores;
  const client = new pg.Client({ connectionString: fork.postgresUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const read = async (moments: Moments): Promise<Readonly<Record<StoreName, Tables>>> => ({
      postgres: await readPostgresTables(client, moments),
      dynamodb: await readDynamodbTables(fork, moments),
    });
    const { volatile } = testCase;
    const before = await read({ spans: [], volatile });
    checkVolatileTables(testCase, before);
    const from = await serverTime(client);
    const { summary, calls } = await harness.run(findJob(jobs, testCase.job), {
      clock,
      ...(signal && { signal }),
    });
    // A run that was cut short says nothing about its case, and must not be accepted.
    signal?.throwIfAborted();
    const spans = [
      { from, until: await serverTime(client) },
      { from: new Date(summary.startedAt), until: new Date(summary.finishedAt) },
    ];
    const after = await read({ spans, volatile });
    checkVolatileColumns(testCase, { before, after });
    return {
      outcome: {
        summary: summaryOf(summary, harness.fakes, fork),
        before,
        after,
        calls: callsOf(calls, testCase.ignore),
      },
      summary: JSON.parse(JSON.stringify(summary)),
      durationMs: summary.durationMs,
    };
  } finally {
    await client.end();
  }
}
