/** For tests only: what a ledger keeps of how attempts went over their time. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LeaseLostError } from '../../errors.ts';
import type { RunSeries, SeriesPoint } from '../../report/run-series.ts';
import type { Ledger } from '../ledger.ts';
import type { OpenStand } from './conformance.ts';
import { endOf, grantedOf, saveOf, takenOver } from './ledger-samples.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** The most that an attempt collects, with figures as long as they get. */
function seriesOf(attempt: number, points = 300): RunSeries {
  const pointAt = (index: number): SeriesPoint => {
    const count = 9_000_000_000 + index;
    const counts = { settled: count, succeeded: count, skipped: index, failed: 0, retried: 0, inFlight: 16 };
    const times = { p95LatencyMs: 1_234.567, stalenessMs: 0.125, waitedMs: 86_400_000.5 };
    return { atMs: index * 200.25, ...counts, ...times, rssMb: 123.4 };
  };
  return {
    attempt,
    startedAt: '2026-01-01T00:00:00.000Z',
    points: Array.from({ length: points }, (_, n) => pointAt(n)),
  };
}

/** Attempts of one run, each interrupted, with a series of its own. */
async function attempt(ledger: Ledger, times: number): Promise<string> {
  let runId = '';
  for (let seq = 1; seq <= times; seq++) {
    const granted = await grantedOf(ledger);
    runId = granted.lease.runId;
    await ledger.finish(granted.lease, { ...endOf(seq, 'interrupted'), series: seriesOf(granted.attempt, 2) });
  }
  return runId;
}

export function describeSeries(openStand: OpenStand): void {
  describe('series', () => {
    it('are kept as they are with the end of an attempt, once', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      expect(await ledger.series(lease.runId)).to.deep.equal([]);
      const end = { ...endOf(1), series: seriesOf(1) };
      await ledger.finish(lease, end);
      await ledger.finish(lease, end);
      expect(await ledger.series(lease.runId)).to.deep.equal([end.series]);
      expect(await (await stand.open()).series(lease.runId)).to.deep.equal([end.series]);
    });

    it('are those of the last ten attempts, oldest first', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const runId = await attempt(ledger, 12);
      const kept = await ledger.series(runId);
      expect(kept.map((series) => series.attempt)).to.deep.equal([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect(kept.at(-1)).to.deep.equal(seriesOf(12, 2));
    });

    it('are none of an attempt that told no end, nor of one that was given none', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease: dead } = await grantedOf(ledger);
      await ledger.checkpoint(dead, saveOf(1));
      await stand.pass(2 * dead.ttlMs);
      const second = await takenOver(ledger);
      const late = ledger.finish(dead, { ...endOf(2), series: seriesOf(1) });
      const refusal: unknown = await late.catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(LeaseLostError);
      await ledger.finish(second.lease, endOf(3, 'interrupted'));
      expect(await ledger.series(dead.runId)).to.deep.equal([]);
      const third = await grantedOf(ledger);
      await ledger.finish(third.lease, { ...endOf(4), series: seriesOf(3) });
      expect((await ledger.series(dead.runId)).map((series) => series.attempt)).to.deep.equal([3]);
    });

    it('go with their run', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ retentionMs: dayMs });
      const runId = await attempt(ledger, 1);
      const { lease } = await grantedOf(ledger);
      await ledger.finish(lease, endOf(2));
      expect(await ledger.series(runId)).to.have.length(1);
      await stand.pass(2 * dayMs);
      await ledger.prune();
      expect(await ledger.series(runId)).to.deep.equal([]);
    });

    it('are none of a run that is not there', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      expect(await ledger.series('01RUNTHATISNOTTHERE0000000')).to.deep.equal([]);
    });
  });
}
