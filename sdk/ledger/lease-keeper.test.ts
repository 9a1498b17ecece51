import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LeaseLostError } from '../errors.ts';
import { never } from '../testing/run-world.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { LeaseKeeper } from './lease-keeper.ts';

const ttlMs = 60_000;
const marginMs = 10_000;
const taken = async () => ({ cancelledBy: undefined });

type Beat = (number: number, clock: VirtualClock) => Promise<{ readonly cancelledBy: string | undefined }>;

/** Keeps a lease on a ledger whose heartbeats do what `beat` says. */
function setup(beat: Beat = taken, clock = new VirtualClock()) {
  const beatsMs: number[] = [];
  const told: [what: string, atMs: number][] = [];
  const note = (what: string) => void told.push([what, clock.monotonicMs()]);
  const keeper = new LeaseKeeper({
    calls: { heartbeat: () => beat(beatsMs.push(clock.monotonicMs()), clock) },
    lease: { runId: 'run', key: 'job test', fencingToken: 1, ttlMs },
    clock,
    renewedMs: 0,
    onDoubt: () => note('doubt'),
    onLost: (error) => note(error.message === 'taken' ? 'taken' : 'lost'),
    onCancel: (by) => note(`cancelled by ${by}`),
    onError: () => note('error'),
  });
  return { clock, keeper, beatsMs, told, ends: () => told.filter(([what]) => what !== 'error') };
}

describe('lease-keeper', () => {
  it('beats every five seconds, until it is closed', async () => {
    const { clock, keeper, beatsMs, told } = setup();
    await clock.advance(16_000);
    expect(beatsMs).to.deep.equal([5_000, 10_000, 15_000]);
    expect(keeper.mayStart(clock.monotonicMs())).to.equal(true);
    keeper[Symbol.dispose]();
    expect(clock.pending).to.equal(0);
    await clock.advance(600_000);
    expect(beatsMs).to.have.length(3);
    expect(told).to.deep.equal([]);
  });

  it('tells at once, and once, when the lease is another’s, and beats no more', async () => {
    const { clock, keeper, told, beatsMs } = setup(() => Promise.reject(new LeaseLostError('taken')));
    await clock.advance(600_000);
    expect(told).to.deep.equal([['taken', 5_000]]);
    expect(keeper.takenOver).to.equal(true);
    expect(keeper.checkEffect()?.message).to.equal('taken');
    expect(beatsMs).to.have.length(1);
    expect(clock.pending).to.equal(0);
  });

  it('ends its trust also when a timer fires a moment early', async () => {
    class Hasty extends VirtualClock {
      override setTimer(ms: number, fn: () => void) {
        return super.setTimer(Math.max(ms - 0.5, 0.1), fn);
      }
    }
    const { clock, ends } = setup(() => new Promise(() => {}), new Hasty());
    await clock.advance(100_000);
    expect(ends().map(([what]) => what)).to.deep.equal(['doubt', 'lost']);
    expect(ends().map(([, atMs]) => Math.floor(atMs))).to.deep.equal([ttlMs - marginMs, ttlMs - marginMs / 2]);
  });

  it('lives through an outage of 20 s, asking each second', async () => {
    const { clock, keeper, ends, told, beatsMs } = setup(async (_number, own) => {
      if (own.monotonicMs() >= 30_000 && own.monotonicMs() < 50_000) throw new Error('no ledger');
      return taken();
    });
    await clock.advance(600_000);
    expect(ends()).to.deep.equal([]);
    expect(told.length).to.be.within(18, 21);
    expect(beatsMs.length).to.be.above(110);
    expect(keeper.mayStart(clock.monotonicMs())).to.equal(true);
  });

  for (const [how, beat] of [
    ['fail', () => Promise.reject(new Error('no ledger'))],
    ['hang', never],
    ['come late', (_number: number, clock: VirtualClock) => clock.sleep(70_000).then(taken)],
  ] as const) {
    it(`is in doubt, and then lost, before the lease can have run out when all heartbeats ${how}`, async () => {
      const { clock, keeper, ends, beatsMs } = setup((number, own) => (number === 1 ? taken() : beat(number, own)));
      await clock.advance(600_000);
      // The first renewal was sent at 5,000.
      expect(ends()).to.deep.equal([
        ['doubt', 5_000 + ttlMs - marginMs],
        ['lost', 5_000 + ttlMs - marginMs / 2],
      ]);
      expect(keeper.takenOver, 'the store did not say so').to.equal(false);
      expect(beatsMs.every((atMs) => atMs < 5_000 + ttlMs)).to.equal(true);
      expect(clock.pending).to.equal(0);
    });
  }

  it('counts from when a renewal was sent, not from its answer', async () => {
    const { clock, ends } = setup(async (number, own) => {
      if (number > 1) return never();
      await own.sleep(30_000);
      return taken();
    });
    await clock.advance(600_000);
    expect(ends()[0]).to.deep.equal(['doubt', 5_000 + ttlMs - marginMs]);
  });

  it('finds out by the clock when no timer came to fire, as after SIGSTOP', async () => {
    const { clock, keeper, ends } = setup();
    // The timers of a process that was stopped fire only after its next steps.
    expect(keeper.mayStart(ttlMs - marginMs - 1)).to.equal(true);
    expect(keeper.mayStart(ttlMs - marginMs)).to.equal(false);
    expect(ends()).to.deep.equal([['doubt', 0]]);
    expect(keeper.checkEffect()).to.equal(undefined);
    expect(keeper.mayStart(ttlMs)).to.equal(false);
    expect(ends().map(([what]) => what)).to.deep.equal(['doubt', 'lost']);
    expect(keeper.checkEffect()?.code).to.equal('STINT_LEASE_LOST');
    await clock.advance(0);
  });

  it('hears of a wish to cancel with the next heartbeat', async () => {
    const { clock, told } = setup(async () => ({ cancelledBy: 'ada' }));
    await clock.advance(6_000);
    expect(told).to.deep.equal([['cancelled by ada', 5_000]]);
  });

  it('says nothing of a heartbeat that fails after it was closed', async () => {
    const { clock, keeper, told } = setup(async (_number, own) => {
      await own.sleep(3_000);
      throw new LeaseLostError('given back');
    });
    await clock.advance(6_000);
    keeper[Symbol.dispose]();
    await clock.advance(600_000);
    expect(told).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });
});
