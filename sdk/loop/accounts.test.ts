import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DryRunWrite } from '../errors.ts';
import type { LoopState } from '../ledger/ledger.ts';
import { TestSource } from '../testing/test-source.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Accounts, type Outcome } from './accounts.ts';
import { WorkItem } from './item.ts';
import { Tally } from './tally.ts';

/** Accounts of a source with as many segments, and what starts and settles its items. */
function setup({ segments = 1, resume }: { segments?: number; resume?: LoopState } = {}) {
  const source = new TestSource({ clock: new VirtualClock(), items: 100, segments });
  const accounts = new Accounts(source, resume);
  return {
    accounts,
    start(value: number, segment = 0) {
      const watermark = accounts.watermarks[segment]!;
      const page = { items: [value], readMsOf: () => 0, cursorOf: (item: number) => item };
      const item = new WorkItem({ runId: 'run', keyOf: (each: number) => `key-${each}`, watermark }, page, 0);
      accounts.start(item);
      return item;
    },
  };
}

const outcomeOf = (value: number): Outcome => {
  if (value % 3 === 0) return { kind: 'succeeded' };
  if (value % 3 === 1) return { kind: 'skipped', reason: 'odd' };
  return { kind: 'failed', error: new Error('boom') };
};

describe('accounts', () => {
  it('makes checkpoints from which a resume works every item once, whatever settles in whatever order', () => {
    const attempts = fc.array(fc.array(fc.nat(1_000), { maxLength: 60 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 20 }), attempts, (segments, each, runs) => {
        // What of each item a checkpoint has counted; no item may be counted twice or be passed by.
        let checkpoint: LoopState | undefined;
        const earlier = new Tally();
        const isLast = (index: number) => index === runs.length - 1;
        runs.forEach((picks, index) => {
          const { accounts, start } = setup({ segments, ...(checkpoint && { resume: checkpoint }) });
          const open: WorkItem<number>[] = [];
          accounts.watermarks.forEach((watermark, segment) => {
            const first = watermark.cursor === undefined ? segment * each : Number(watermark.cursor) + 1;
            const values = Array.from({ length: (segment + 1) * each - first }, (_, offset) => first + offset);
            accounts.arrive(values.length);
            for (const value of values) open.push(start(value, segment));
          });
          while (open.length > 0 && (isLast(index) || picks.length > 0)) {
            const [item] = open.splice((picks.pop() ?? 0) % open.length, 1);
            if (item !== undefined) accounts.settle(item, outcomeOf(item.value));
          }
          expect(accounts.remaining).to.equal(open.length);
          expect(accounts.read).to.equal(accounts.total().settled + accounts.remaining);
          expect(accounts.settled).to.equal(accounts.total().settled);
          expect(accounts.failed).to.equal(accounts.total().failed);
          checkpoint = JSON.parse(JSON.stringify(accounts.state())) as LoopState;
          earlier.merge(Tally.fromJSON(JSON.parse(JSON.stringify(accounts.prefix())) as ReturnType<Tally['toJSON']>));
          const counted = checkpoint.cursors.reduce<number>(
            (sum, cursor, segment) => sum + (cursor === null ? 0 : Number(cursor) - segment * each + 1),
            0,
          );
          expect(earlier.settled).to.equal(counted);
        });
        const outcomes = Array.from({ length: segments * each }, (_, value) => outcomeOf(value).kind);
        const count = (kind: string) => outcomes.filter((outcome) => outcome === kind).length;
        expect([earlier.succeeded, earlier.skipped, earlier.failed]).to.deep.equal(
          ['succeeded', 'skipped', 'failed'].map(count),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('counts what a handler counted of an item that did not fail', () => {
    const { accounts, start } = setup();
    accounts.arrive(3);
    for (const value of [0, 1, 2]) {
      const item = start(value);
      item.count('seen');
      accounts.settle(item, outcomeOf(value));
    }
    expect(accounts.total().toJSON().counts).to.deep.equal({ seen: 2 });
  });

  it('takes a write that a dry run refused for skipped', () => {
    const { accounts, start } = setup();
    accounts.arrive(1);
    accounts.settle(start(0), { kind: 'failed', error: new DryRunWrite('POST api.test') });
    const { skippedBy, wouldWrite, failed } = accounts.total().toJSON();
    expect({ skippedBy, wouldWrite, failed }).to.deep.equal({
      skippedBy: { 'would write': 1 },
      wouldWrite: { 'POST api.test': 1 },
      failed: 0,
    });
    expect(accounts.failed).to.equal(0);
  });

  it('counts attempts beyond the first, and items that were read again', () => {
    const { accounts, start } = setup();
    accounts.arrive(1);
    const item = start(0);
    item.attempt = 3;
    item.refreshed = true;
    accounts.settle(item, { kind: 'succeeded' });
    expect(accounts.total().toJSON()).to.include({ retried: 2, refreshed: 1, succeeded: 1 });
  });

  it('knows what is in memory: read and not settled', () => {
    const { accounts, start } = setup();
    accounts.arrive(5);
    const item = start(0);
    expect([accounts.buffered, accounts.unstarted, accounts.remaining]).to.deep.equal([5, 4, 5]);
    accounts.settle(item, { kind: 'succeeded' });
    expect([accounts.buffered, accounts.settled, accounts.remaining]).to.deep.equal([4, 1, 4]);
  });
});
