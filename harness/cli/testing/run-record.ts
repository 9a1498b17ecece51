/** Runs as a ledger tells of them, made up for a test. */
import type { Checkpoint, RunRecord } from '@stint/sdk';

/** An interrupted run of 13.5 s, except for what is given. */
export function runRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: '01M856K8D0KCDFSK7YZY5V9Q4M',
    job: 'poll-payment-status',
    scope: {},
    trigger: { kind: 'manual', by: 'ada' },
    dryRun: false,
    redriveOf: undefined,
    status: 'interrupted',
    leaseHeld: undefined,
    attempt: 1,
    attempts: [],
    holder: 'laptop 4711',
    startedAt: '2026-09-30T06:00:00.000Z',
    updatedAt: '2026-09-30T06:00:13.500Z',
    finishedAt: undefined,
    cancelledBy: undefined,
    checkpoint: undefined,
    summary: undefined,
    ...changes,
  };
}

export function checkpointOf(tally: Partial<Checkpoint['tally']>): Checkpoint {
  return {
    seq: 12,
    loops: { 'loop-1': { cursors: [null], fingerprint: 'f', done: false, suspects: [0] } },
    tally: {
      ...{ succeeded: 0, skipped: 0, failed: 0, quarantined: 0, retried: 0, refreshed: 0 },
      ...{ skippedBy: {}, counts: {}, wouldWrite: {}, failuresBy: {}, failures: [] },
      ...tally,
    },
    beyond: 0,
    replayed: { known: 0, atMost: 0 },
    mark: null,
    suspicious: false,
  };
}
