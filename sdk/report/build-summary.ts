/** Puts a summary together from what a run knows at its end. */

import type { StintError } from '../errors.ts';
import { exitCodeOf, type FinalStatus } from '../exit-codes.ts';
import type { Trigger } from '../ledger/ledger.ts';
import type { ResolvedLimits } from '../limits.ts';
import { Tally } from '../loop/tally.ts';
import type { Shard } from '../shard.ts';
import type { Json } from '../sources/source.ts';
import type { Summary } from '../summary.ts';
import type { ExternalMeasure } from './measure-external.ts';
import { Measures } from './measures.ts';
import type { Redaction } from './redaction.ts';

/** What is known of a run before it has done anything. */
export interface RunHead {
  readonly job: string;
  readonly runId: string;
  readonly attempt: number;
  readonly trigger: Trigger;
  readonly scope: Json;
  readonly shard?: Shard | undefined;
  readonly limit?: number | undefined;
  readonly dryRun: boolean;
  readonly redriveOf: Summary['redriveOf'];
  readonly limits: ResolvedLimits;
  readonly startedAtMs: number;
  readonly version: Summary['version'];
  readonly redaction: Redaction;
}

export interface RunEnd {
  readonly status: FinalStatus;
  readonly error: unknown;
  readonly finishedAtMs: number;
  readonly durationMs: number;
}

/** What a run did. */
export interface RunWork {
  readonly read: number;
  readonly remaining: number;
  /** Items settled by this attempt. */
  readonly settled: number;
  readonly tally: Tally;
  readonly measures: Measures;
  readonly peakConcurrency: number;
  readonly waitedMs: number;
  readonly external: ExternalMeasure | undefined;
  readonly resume: Summary['resume'];
}

/** The work of a run that was refused. */
export function noWork(): RunWork {
  return {
    read: 0,
    remaining: 0,
    settled: 0,
    tally: new Tally(),
    measures: new Measures(),
    peakConcurrency: 0,
    waitedMs: 0,
    external: undefined,
    resume: { fromCheckpoint: false, recovered: false, replayed: 0, replayedAtMost: 0, checkpoints: 0 },
  };
}

export function buildSummary(head: RunHead, work: RunWork, end: RunEnd): Summary {
  const { tally, measures } = work;
  const { redaction } = head;
  const { skippedBy, counts, wouldWrite, failures, failuresBy } = tally.toJSON();
  const { status, error } = end;
  return {
    schema: 'stint.summary/1',
    job: head.job,
    runId: head.runId,
    attempt: head.attempt,
    status,
    exitCode: exitCodeOf(status, head.trigger.kind, error as StintError | undefined),
    trigger: toTrigger(head.trigger),
    scope: head.scope as Summary['scope'],
    ...(head.shard === undefined ? {} : { shard: { ...head.shard } }),
    ...(head.limit === undefined ? {} : { limit: head.limit }),
    dryRun: head.dryRun,
    redriveOf: head.redriveOf,
    startedAt: new Date(head.startedAtMs).toISOString(),
    finishedAt: new Date(end.finishedAtMs).toISOString(),
    durationMs: round(end.durationMs),
    items: {
      read: work.read,
      succeeded: tally.succeeded,
      skipped: tally.skipped,
      failed: tally.failed,
      quarantined: tally.quarantined,
      remaining: work.remaining,
      retried: tally.retried,
    },
    skipped: { ...skippedBy },
    counts: { ...counts },
    wouldWrite: byShownName(wouldWrite, redaction),
    failures: failures.map((failure) => ({ ...failure, key: redaction.name(failure.key) })),
    failuresByError: { ...failuresBy },
    rate: {
      itemsPerSecond: round(work.settled / Math.max(end.durationMs / 1_000, 0.001)),
      latencyMs: {
        p50: measures.latency.percentileMs(50),
        p95: measures.latency.percentileMs(95),
        p99: measures.latency.percentileMs(99),
        max: measures.latency.maxMs,
      },
    },
    limits: {
      concurrency: { limit: head.limits.concurrency, peak: work.peakConcurrency },
      perSecond: { limit: head.limits.perSecond ?? null, peak: measures.starts.peak },
      waitedMs: round(work.waitedMs),
    },
    freshness: {
      p99Ms: measures.staleness.percentileMs(99),
      maxMs: measures.staleness.maxMs,
      refreshed: tally.refreshed,
    },
    memory: {
      peakRssMb: round(measures.peakRssBytes / 2 ** 20),
      peakBuffered: measures.peakBuffered,
      peakPages: measures.peakPages,
    },
    external: byShownName(work.external?.toJSON() ?? {}, redaction),
    resume: work.resume,
    error: error === undefined ? null : redaction.error(error),
    version: head.version,
  };
}

function toTrigger({ kind, by, scheduledTime }: Trigger): Summary['trigger'] {
  return { kind, ...(by === undefined ? {} : { by }), ...(scheduledTime === undefined ? {} : { scheduledTime }) };
}

function byShownName<TValue>(values: Readonly<Record<string, TValue>>, redaction: Redaction): Record<string, TValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [redaction.name(name), value]));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
