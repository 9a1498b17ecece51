import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Effects } from '../effects.ts';
import { LeaseLostError } from '../errors.ts';
import { Tally } from '../loop/tally.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Checkpointer } from './checkpointer.ts';
import type { Checkpoint, Lease } from './ledger.ts';
import { MemoryLedger } from './memory.ts';

const lease: Lease = { runId: 'run', fencingToken: 1, ttlMs: 60_000 };

/** A checkpointer of a run of which `settle` settles items, on a ledger whose writes do what `writes` says. */
function setup(writes: (number: number) => Promise<void> = async () => {}) {
  const clock = new VirtualClock();
  const saved: { settled: number; atMs: number }[] = [];
  const errors: unknown[] = [];
  const tally = new Tally();
  let writing = 0;
  let number = 0;
  class Watched extends MemoryLedger {
    override async checkpoint(_lease: Lease, checkpoint: Checkpoint) {
      writing += 1;
      expect(writing, 'writes at once').to.equal(1);
      await writes(++number).finally(() => {
        writing -= 1;
      });
      saved.push({ settled: checkpoint.tally.succeeded, atMs: clock.monotonicMs() });
    }
  }
  const checkpointer = new Checkpointer({
    ledger: new Watched(),
    lease,
    effects: new Effects(),
    clock,
    everyMs: 1_000,
    everyItems: 1_000,
    take: () => ({ loops: {}, tally: tally.toJSON() }),
    onError: (error) => void errors.push(error),
  });
  const settle = (items: number) => {
    for (let item = 0; item < items; item++) {
      tally.succeeded += 1;
      checkpointer.noteSettled();
    }
  };
  return { clock, checkpointer, saved, errors, settle, tries: () => number };
}

describe('checkpointer', () => {
  it('saves a second after an item has settled, and nothing when none has', async () => {
    const { clock, saved, settle } = setup();
    await clock.advance(5_000);
    settle(3);
    await clock.advance(900);
    settle(2);
    await clock.advance(60_000);
    expect(saved).to.deep.equal([{ settled: 5, atMs: 6_000 }]);
    expect(clock.pending).to.equal(0);
  });

  it('saves at once when 1,000 items have settled', async () => {
    const { clock, saved, settle } = setup();
    settle(999);
    await clock.advance(10);
    expect(saved).to.deep.equal([]);
    settle(1);
    await clock.advance(10);
    settle(1_000);
    await clock.advance(10);
    expect(saved.map(({ settled }) => settled)).to.deep.equal([1_000, 2_000]);
  });

  it('makes one write at a time, and takes what has settled meanwhile along with the next', async () => {
    const { clock, checkpointer, saved, settle } = setup(() => clock.sleep(3_000));
    settle(1_000);
    for (let step = 0; step < 10; step++) {
      await clock.advance(100);
      settle(1_500);
    }
    await clock.run(checkpointer.finish());
    expect(saved.map(({ settled }) => settled)).to.deep.equal([16_000 - 15_000, 16_000]);
    expect(checkpointer.saved).to.equal(2);
  });

  it('tries a failed write again by the second, not by the item', async () => {
    const { clock, saved, errors, settle, tries } = setup(async (number) => {
      if (number <= 2) throw new Error('no ledger');
    });
    settle(1_000);
    await clock.advance(10);
    settle(5_000);
    await clock.advance(10);
    expect(tries()).to.equal(1);
    await clock.advance(3_000);
    expect(errors).to.have.length(2);
    expect(saved.map(({ settled }) => settled)).to.deep.equal([6_000]);
    settle(1_000);
    await clock.advance(10);
    expect(saved).to.have.length(2);
  });

  it('saves what there is when it finishes, rejects when it cannot, and saves nothing after', async () => {
    const { clock, checkpointer, saved, settle } = setup();
    settle(3);
    await checkpointer.finish();
    settle(2_000);
    await clock.advance(60_000);
    expect(saved.map(({ settled }) => settled)).to.deep.equal([3]);

    const broken = setup(() => Promise.reject(new Error('no ledger')));
    broken.settle(1);
    expect(await broken.checkpointer.finish().catch((error: Error) => error.message)).to.equal('no ledger');
  });

  it('writes nothing more when the lease is lost, or it is abandoned', async () => {
    const lost = setup(() => Promise.reject(new LeaseLostError('lost')));
    lost.settle(1_000);
    await lost.clock.advance(10);
    lost.settle(1_000);
    await lost.clock.advance(60_000);
    expect(lost.tries()).to.equal(1);
    expect(lost.errors).to.have.length(1);

    const abandoned = setup();
    abandoned.settle(3);
    await abandoned.checkpointer.abandon();
    abandoned.settle(2_000);
    await abandoned.clock.advance(60_000);
    expect(abandoned.tries()).to.equal(0);
  });
});
