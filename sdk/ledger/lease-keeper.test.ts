import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Effects } from '../effects.ts';
import { LeaseLostError } from '../errors.ts';
import { never } from '../testing/run-world.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { MemoryLedger } from './memory.ts';

const ttlMs = 60_000;

/** Keeps a lease on a ledger whose heartbeats do what `beat` says. */
function setup(beat: (number: number, clock: VirtualClock) => Promise<void>) {
  const clock = new VirtualClock();
  const beatsMs: number[] = [];
  const lost: { error: LeaseLostError; atMs: number }[] = [];
  class Watched extends MemoryLedger {
    override heartbeat() {
      return beat(beatsMs.push(clock.monotonicMs()), clock);
    }
  }
  const keeper = new LeaseKeeper({
    ledger: new Watched(),
    lease: { runId: 'run', fencingToken: 1, ttlMs },
    effects: new Effects(),
    clock,
    onLost: (error) => void lost.push({ error, atMs: clock.monotonicMs() }),
  });
  return { clock, keeper, beatsMs, lost };
}

describe('lease-keeper', () => {
  it('beats three times in the life of a lease, until it is closed', async () => {
    const { clock, keeper, beatsMs, lost } = setup(async () => {});
    await clock.advance(65_000);
    expect(beatsMs).to.deep.equal([20_000, 40_000, 60_000]);
    keeper[Symbol.dispose]();
    expect(clock.pending).to.equal(0);
    await clock.advance(600_000);
    expect(beatsMs).to.have.length(3);
    expect(lost).to.deep.equal([]);
  });

  it('tells at once, and once, when the lease is another’s, and beats no more', async () => {
    const { clock, lost, beatsMs } = setup(() => Promise.reject(new LeaseLostError('taken')));
    await clock.advance(600_000);
    expect(lost.map(({ error, atMs }) => [error.message, atMs])).to.deep.equal([['taken', 20_000]]);
    expect(beatsMs).to.have.length(1);
    expect(clock.pending).to.equal(0);
  });

  it('lets one heartbeat fail', async () => {
    const { clock, lost, beatsMs } = setup(async (number) => {
      if (number % 2 === 0) throw new Error('no ledger');
    });
    await clock.advance(600_000);
    expect(beatsMs).to.have.length(30);
    expect(lost).to.deep.equal([]);
  });

  for (const [how, beat] of [
    ['fail', () => Promise.reject(new Error('no ledger'))],
    ['hang', never],
    ['come late', (_number: number, clock: VirtualClock) => clock.sleep(70_000)],
  ] as const) {
    it(`tells before the lease can have run out when all heartbeats ${how}`, async () => {
      const { clock, lost, beatsMs } = setup((number, own) => (number === 1 ? Promise.resolve() : beat(number, own)));
      await clock.advance(600_000);
      expect(lost).to.have.length(1);
      expect(lost[0]?.error.code).to.equal('STINT_LEASE_LOST');
      expect(lost[0]?.atMs).to.be.below(20_000 + ttlMs);
      expect(beatsMs.every((atMs) => atMs < 20_000 + ttlMs)).to.equal(true);
      expect(clock.pending).to.equal(0);
    });
  }

  it('says nothing of a heartbeat that fails after it was closed', async () => {
    const { clock, keeper, lost } = setup(async (_number, own) => {
      await own.sleep(5_000);
      throw new LeaseLostError('given back');
    });
    await clock.advance(21_000);
    keeper[Symbol.dispose]();
    await clock.advance(600_000);
    expect(lost).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });
});
