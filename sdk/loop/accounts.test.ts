import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DryRunWrite, QuarantinedError } from '../errors.ts';
import type { LoopState } from '../ledger/ledger.ts';
import { describeError } from '../report/describe-error.ts';
import { TestSource } from '../testing/test-source.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Accounts } from './accounts.ts';
import { firstHeadStart } from './head-start.ts';
import { type Outcome, WorkItem } from './item.ts';
import { Tally } from './tally.ts';

interface Setup {
  readonly segments: number;
  readonly resume: LoopState;
  readonly recovered: boolean;
}

/** Accounts of a source with as many segments, and what starts and settles its items. */
function setup({ segments = 1, resume, recovered = false }: Partial<Setup> = {}) {
  const clock = new VirtualClock();
  const source = new TestSource({ clock, items: 100, segments });
  const accounts = new Accounts<number>({
    name: 'loop',
    source,
    resume,
    recovered,
    inFlight: 8,
    clock,
    onOutcome: undefined,
    nameOf: (name) => name,
    keepFailure: ({ key, attempt: attempts }, outcome, error) => ({
      loop: 'loop',
      key,
      cursor: null,
      outcome,
      error: describeError(error),
      attempts,
      failedAt: '2026-01-01T00:00:00.000Z',
      exchanges: [],
    }),
  });
  return {
    accounts,
    start(value: number, index = 0) {
      const segment = accounts.segments[index]!;
      const page = { items: [value], readMsOf: () => 0, cursorOf: (item: number) => item };
      const keyOf = (each: number) => `key-${each}`;
      const item = new WorkItem({ runId: 'run', keyRoot: 'run', loopName: 'loop', keyOf, segment }, page, 0);
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
        const kept: string[] = [];
        const isLast = (index: number) => index === runs.length - 1;
        runs.forEach((picks, index) => {
          const { accounts, start } = setup({ segments, ...(checkpoint && { resume: checkpoint }) });
          const open: WorkItem<number>[] = [];
          accounts.segments.forEach(({ watermark }, segment) => {
            const first = watermark.cursor === undefined ? segment * each : Number(watermark.cursor) + 1;
            const values = Array.from({ length: (segment + 1) * each - first }, (_, offset) => first + offset);
            accounts.arrive(values.length);
            for (const value of values) open.push(start(value, segment));
          });
          while (open.length > 0 && (isLast(index) || picks.length > 0)) {
            const [item] = open.splice((picks.pop() ?? 0) % open.length, 1);
            if (item !== undefined) accounts.settle(item, outcomeOf(item.value), 0);
          }
          expect(accounts.remaining).to.equal(open.length);
          expect(accounts.read).to.equal(accounts.total().settled + accounts.remaining);
          expect(accounts.settled).to.equal(accounts.total().settled);
          expect(accounts.failed).to.equal(accounts.total().failed);
          const { state, tally, failures } = accounts.take();
          checkpoint = JSON.parse(JSON.stringify(state)) as LoopState;
          earlier.merge(Tally.fromJSON(JSON.parse(JSON.stringify(tally)) as ReturnType<Tally['toJSON']>));
          kept.push(...failures.map(({ key }) => key));
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
        expect(kept, 'failures kept').to.have.length(earlier.failed);
        expect(new Set(kept)).to.have.property('size', kept.length);
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
      accounts.settle(item, outcomeOf(value), 0);
    }
    expect(accounts.total().toJSON().counts).to.deep.equal({ seen: 2 });
  });

  it('takes a write that a dry run refused for skipped', () => {
    const { accounts, start } = setup();
    accounts.arrive(1);
    accounts.settle(start(0), { kind: 'failed', error: new DryRunWrite('POST api.test') }, 0);
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
    accounts.settle(item, { kind: 'succeeded' }, 0);
    expect(accounts.total().toJSON()).to.include({ retried: 2, refreshed: 1, succeeded: 1 });
  });

  it('keeps a failure with the first checkpoint behind which it lies, and all of them at the end', () => {
    const { accounts, start } = setup();
    accounts.arrive(4);
    const [slow, , early, late] = [0, 1, 2, 3].map((value) => start(value));
    accounts.settle(early!, { kind: 'failed', error: new Error('boom') }, 0);
    expect(accounts.take().failures).to.deep.equal([]);
    accounts.settle(slow!, { kind: 'succeeded' }, 0);
    expect(accounts.take().failures, 'the second item is still open').to.deep.equal([]);
    accounts.settle(late!, { kind: 'quarantined', error: new QuarantinedError() }, 0);
    expect(accounts.drainFailures().map(({ key, outcome }) => [key, outcome])).to.deep.equal([
      ['key-2', 'failed'],
      ['key-3', 'quarantined'],
    ]);
    expect(accounts.total().toJSON()).to.include({ failed: 1, quarantined: 1 });
  });

  it('asks for the removal of done-markers behind the watermark, until a checkpoint that says so is saved', () => {
    const { accounts, start } = setup();
    accounts.arrive(2);
    const [open, marked] = [start(0), start(1)];
    marked.markedDone = true;
    accounts.settle(marked, { kind: 'succeeded' }, 0);
    expect(accounts.take().unmark).to.deep.equal([]);
    accounts.settle(open, { kind: 'succeeded' }, 0);
    expect(accounts.take().unmark).to.deep.equal(['key-1']);
    const taken = accounts.take();
    expect(taken.unmark, 'the first was not saved').to.deep.equal(['key-1']);
    taken.onSaved();
    expect(accounts.take().unmark).to.deep.equal([]);
  });

  it('suspects after a crash what the checkpoint promised, of a loop without one what a first one would have', () => {
    const before = setup({ segments: 2 });
    before.accounts.arrive(10);
    for (let value = 0; value < 10; value++) before.start(value);
    const { state } = before.accounts.take();
    expect(state.suspects.every((suspects) => suspects >= 64 + 8)).to.equal(true);
    expect(state.suspects[0]).to.be.at.least(10 + 64 + 8);
    const after = setup({ segments: 2, resume: state, recovered: true });
    expect(after.accounts.segments.map(({ suspects }) => suspects)).to.deep.equal(state.suspects);
    expect(setup({ recovered: true }).accounts.suspects).to.equal(firstHeadStart(8));
    expect(setup({ resume: state, segments: 2 }).accounts.suspects, 'no crash').to.equal(0);
    const done = setup({ recovered: true, resume: { ...state, done: true }, segments: 2 });
    expect(done.accounts.suspects).to.equal(0);
  });

  it('knows what is in memory: read and not settled', () => {
    const { accounts, start } = setup();
    accounts.arrive(5);
    const item = start(0);
    expect([accounts.buffered, accounts.unstarted, accounts.remaining]).to.deep.equal([5, 4, 5]);
    accounts.settle(item, { kind: 'succeeded' }, 0);
    expect([accounts.buffered, accounts.settled, accounts.remaining]).to.deep.equal([4, 1, 4]);
  });
});
