import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Cursor, Page } from '../sources/source.ts';
import { turn } from '../testing/virtual-clock.ts';
import { WorkItem } from './item.ts';
import { SegmentProgress } from './segment-progress.ts';
import { Tally } from './tally.ts';

function setup(resumedAfter?: Cursor) {
  const segment = new SegmentProgress<number>({ resumedAfter, suspects: 0, inFlight: 1 });
  const { watermark } = segment;
  const home = { runId: 'run', keyRoot: 'run', loopName: 'loop', keyOf: String, segment };
  return {
    watermark,
    add(value: number) {
      const page: Page<number> = { items: [value], readMsOf: () => 0, cursorOf: (item) => ({ at: item }) };
      const item = new WorkItem(home, page, 0);
      watermark.add(item);
      return item;
    },
    settle(item: WorkItem<number>) {
      give(watermark.tallyFor(item), item.value);
      watermark.remove(item);
    },
  };
}

/** The outcome of an item, told by its number. */
function give(tally: Tally, value: number): void {
  if (value % 4 === 0) tally.succeeded += 1;
  else if (value % 4 === 1) tally.skip(`reason ${value % 3}`);
  else if (value % 4 === 2) tally.fail(`key-${value}`, 1, { name: 'Error', code: '', message: 'boom' });
  else tally.quarantined += 1;
  tally.retried += value % 5;
  if (value % 7 === 0) tally.refreshed += 1;
  tally.count(`count ${value % 2}`, value);
}

function sumOf(values: readonly number[]) {
  const tally = new Tally();
  for (const value of values) give(tally, value);
  return comparable(tally);
}

// Which failures are named depends on the order in which they came, once there are more than are named.
function comparable(tally: Tally) {
  const { failures, ...json } = tally.toJSON();
  return json;
}

describe('watermark', () => {
  it('stands at the end of the longest settled prefix and counts exactly that, in whatever order items settle', () => {
    // Each step adds the next item, or settles the open one at that position.
    const steps = fc.array(fc.oneof(fc.constant('add' as const), fc.nat(40)), { maxLength: 150 });
    const resume = fc.option(fc.constant({ at: 'before' }), { nil: undefined });
    fc.assert(
      fc.property(steps, resume, (moves, resumedAfter) => {
        const { watermark, add, settle } = setup(resumedAfter);
        const open: WorkItem<number>[] = [];
        const settled = new Set<number>();
        let added = 0;
        for (const move of moves) {
          if (move === 'add') open.push(add(added++));
          else {
            const [item] = open.splice(move % Math.max(open.length, 1), 1);
            if (item === undefined) continue;
            settle(item);
            settled.add(item.value);
          }
          let prefix = 0;
          while (settled.has(prefix)) prefix += 1;
          expect(watermark.cursor).to.deep.equal(prefix === 0 ? resumedAfter : { at: prefix - 1 });
          expect(comparable(watermark.settled)).to.deep.equal(sumOf(range(prefix)));
          expect(comparable(watermark.total())).to.deep.equal(sumOf([...settled]));
          expect(watermark.countOpen()).to.equal(open.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes its cursor from the value as it is now, when an item was read again', () => {
    const { watermark, add, settle } = setup();
    const item = add(1);
    item.value = 10;
    settle(item);
    expect(watermark.cursor).to.deep.equal({ at: 10 });
  });

  it('keeps in memory what is open, not what was settled behind it', async () => {
    const { watermark, add, settle } = setup();
    const stuck = add(0);
    const settled: WeakRef<object>[] = [];
    for (let value = 1; value <= 2_000; value++) {
      const item = add(value);
      settled.push(new WeakRef(item));
      if (value % 2 === 0) settle(item);
      else queueMicrotask(() => settle(item));
    }
    await turn();
    collectGarbage();
    expect(watermark.countOpen()).to.equal(1);
    // A few may be held by a register or an inline cache; a chain of them would hold all.
    expect(settled.filter((item) => item.deref() !== undefined).length).to.be.at.most(20);
    expect(watermark.cursor).to.equal(undefined);
    settle(stuck);
    expect(watermark.cursor).to.deep.equal({ at: 2_000 });
  });
});

function range(end: number): number[] {
  return Array.from({ length: end }, (_, index) => index);
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
