import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LeaseLostError } from '../errors.ts';
import { Tally } from '../loop/tally.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Checkpointer } from './checkpointer.ts';
import type { Lease, Mark, Save } from './ledger.ts';

const lease: Lease = { runId: 'run', key: 'job test', fencingToken: 1, ttlMs: 60_000 };

interface Write {
  readonly number: number;
  readonly save: Save;
}

/** A checkpointer of a run of which `settle` settles items, on a ledger whose writes do what `writes` says. */
function setup(writes: (write: Write, clock: VirtualClock) => Promise<void> = async () => {}) {
  const clock = new VirtualClock();
  const saved: { seq: number; settled: number; mark: Mark | null; atMs: number }[] = [];
  const noted: number[] = [];
  const told: number[] = [];
  const errors: unknown[] = [];
  const tally = new Tally();
  let writing = 0;
  let number = 0;
  const checkpointer = new Checkpointer({
    calls: {
      async checkpoint(_lease: Lease, save: Save) {
        writing += 1;
        expect(writing, 'writes at once').to.equal(1);
        number += 1;
        await writes({ number, save }, clock).finally(() => {
          writing -= 1;
        });
        const { seq, mark } = save.checkpoint;
        saved.push({ seq, mark, settled: save.checkpoint.tally.succeeded, atMs: clock.monotonicMs() });
      },
    },
    lease,
    clock,
    everyMs: 1_000,
    everyItems: 1_000,
    lastSeq: 0,
    take: (seq, mark) => {
      const checkpoint = {
        seq,
        mark,
        loops: {},
        tally: tally.toJSON(),
        beyond: 0,
        replayed: { known: 0, atMost: 0 },
        suspicious: false,
      };
      return { save: { checkpoint, failures: [] }, unsavedSinceMs: 0, onSaved: () => void noted.push(seq) };
    },
    onError: (error) => void errors.push(error),
    onSaved: ({ save }) => void told.push(save.checkpoint.seq),
  });
  const settle = (items: number) => {
    for (let item = 0; item < items; item++) {
      tally.succeeded += 1;
      checkpointer.noteSettled();
    }
  };
  const settledIn = () => saved.map(({ settled }) => settled);
  return { clock, checkpointer, saved, noted, told, settledIn, errors, settle, tries: () => number };
}

const forever = new AbortController().signal;

describe('checkpointer', () => {
  it('saves a second after an item has settled, and nothing when none has', async () => {
    const { clock, saved, noted, told, settle } = setup();
    await clock.advance(5_000);
    settle(3);
    await clock.advance(900);
    settle(2);
    await clock.advance(60_000);
    expect(saved).to.deep.equal([{ seq: 1, settled: 5, mark: null, atMs: 6_000 }]);
    expect([noted, told]).to.deep.equal([[1], [1]]);
    expect(clock.pending).to.equal(0);
  });

  it('saves at once when 1,000 items have settled', async () => {
    const { clock, settledIn, settle } = setup();
    settle(999);
    await clock.advance(10);
    expect(settledIn()).to.deep.equal([]);
    settle(1);
    await clock.advance(10);
    settle(1_000);
    await clock.advance(10);
    expect(settledIn()).to.deep.equal([1_000, 2_000]);
  });

  it('makes one write at a time, and takes what has settled meanwhile along with the next', async () => {
    const { clock, checkpointer, settledIn, settle } = setup((_write, own) => own.sleep(3_000));
    settle(1_000);
    for (let step = 0; step < 10; step++) {
      await clock.advance(100);
      settle(1_500);
    }
    await clock.run(checkpointer.save(null, forever));
    expect(settledIn()).to.deep.equal([1_000, 16_000]);
    expect(checkpointer.saved).to.equal(2);
  });

  it('repeats a failed write as it was, by the second and not by the item, before anything newer', async () => {
    const written: [number, number][] = [];
    const { clock, saved, errors, settle, tries } = setup(async ({ number, save: { checkpoint } }) => {
      written.push([checkpoint.seq, checkpoint.tally.succeeded]);
      if (number <= 2) throw new Error('no ledger');
    });
    settle(1_000);
    await clock.advance(10);
    settle(5_000);
    await clock.advance(10);
    expect(tries()).to.equal(1);
    await clock.advance(4_000);
    expect(errors).to.have.length(2);
    expect(written).to.deep.equal([
      [1, 1_000],
      [1, 1_000],
      [1, 1_000],
      [2, 6_000],
    ]);
    expect(saved.map(({ seq }) => seq)).to.deep.equal([1, 2]);
    settle(1_000);
    await clock.advance(10);
    expect(saved).to.have.length(3);
  });

  it('saves on request what there was then, with its mark, and tries until it is saved', async () => {
    const { clock, checkpointer, saved, settle } = setup(async ({ number }) => {
      if (number < 3) throw new Error('no ledger');
    });
    settle(3);
    await clock.run(checkpointer.save({ loop: 'loop-1', key: 'k' }, forever));
    expect(saved.map(({ settled, mark }) => [settled, mark?.key])).to.deep.equal([[3, 'k']]);
  });

  it('saves once more when a write that was begun before the request ends', async () => {
    const { clock, checkpointer, settledIn, settle } = setup((_write, own) => own.sleep(500));
    settle(1_000);
    await clock.advance(100);
    settle(7);
    await clock.run(checkpointer.save(null, forever));
    expect(settledIn()).to.deep.equal([1_000, 1_007]);
  });

  it('keeps the mark in what a timer writes meanwhile, until another is asked for', async () => {
    const { clock, checkpointer, saved, settle } = setup();
    await clock.run(checkpointer.save({ loop: 'loop-1', key: 'a' }, forever));
    settle(1);
    await clock.advance(2_000);
    await clock.run(checkpointer.save(null, forever));
    expect(saved.map(({ mark }) => mark?.key)).to.deep.equal(['a', 'a', undefined]);
  });

  it('gives up on a request when the run is stopped', async () => {
    const stop = new AbortController();
    const { clock, checkpointer } = setup(() => Promise.reject(new Error('no ledger')));
    const asked = checkpointer.save(null, stop.signal).catch((error: Error) => error.message);
    await clock.advance(1_500);
    stop.abort(new Error('stopped'));
    expect(await clock.run(asked)).to.equal('stopped');
    await clock.run(checkpointer.close());
    expect(clock.pending).to.equal(0);
  });

  it('hands out what was written without an answer when it is closed, and writes nothing after', async () => {
    const { clock, checkpointer, settle, tries } = setup(() => Promise.reject(new Error('no answer')));
    settle(1_000);
    await clock.advance(10);
    const unanswered = await checkpointer.close();
    expect(unanswered?.save.checkpoint.tally.succeeded).to.equal(1_000);
    settle(2_000);
    await clock.advance(60_000);
    expect(tries()).to.equal(1);
    expect(checkpointer.nextSeq()).to.equal(2);

    const answered = setup();
    answered.settle(3);
    expect(await answered.checkpointer.close()).to.equal(undefined);
    await answered.clock.advance(60_000);
    expect(answered.tries()).to.equal(0);
  });

  it('writes nothing more when the lease is lost', async () => {
    const { clock, settle, tries, errors } = setup(() => Promise.reject(new LeaseLostError('lost')));
    settle(1_000);
    await clock.advance(10);
    settle(1_000);
    await clock.advance(60_000);
    expect(tries()).to.equal(1);
    expect(errors).to.have.length(1);
  });
});
