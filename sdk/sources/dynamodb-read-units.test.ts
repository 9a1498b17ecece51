import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Effect, Effects } from '../effects.ts';
import { SkippingClock } from '../testing/dynamo-stand.ts';
import { ReadUnits } from './dynamodb-read-units.ts';

describe('sources/dynamodb read units', () => {
  const { signal } = new AbortController();

  function setup(unitsPerSecond: number) {
    const clock = new SkippingClock();
    const seen: Effect[] = [];
    const effects = new Effects([
      (effect, next) => {
        seen.push(effect);
        return next();
      },
    ]);
    const units = new ReadUnits(unitsPerSecond, { clock, effects });
    const read = (used: number) => units.spend(signal, async () => ({ result: clock.nowMs, units: used }));
    return { clock, seen, units, read, startMs: clock.nowMs };
  }

  it('starts a read when the ones before are paid off, each at its own price', async () => {
    const { read, seen, startMs } = setup(10);
    const starts = [await read(20), await read(5), await read(1), await read(1)];
    expect(starts.map((ms) => ms - startMs)).to.deep.equal([0, 2_000, 2_500, 2_600]);
    expect(seen[0]).to.deep.equal({ kind: 'sleep', operation: 'read-units', target: 'clock', write: false });
  });

  it('does not save up units that were left unused', async () => {
    const { clock, read } = setup(10);
    await read(10);
    clock.nowMs += 60_000;
    const startMs = await read(10);
    expect((await read(10)) - startMs).to.equal(1_000);
  });

  it('takes nothing for a read that failed', async () => {
    const { clock, units, read } = setup(10);
    await read(10);
    await units.spend(signal, () => Promise.reject(new Error('lost'))).catch(() => {});
    expect(await read(1)).to.equal(clock.nowMs);
    expect(clock.slept).to.deep.equal([1_000]);
  });

  it('counts reads under way at the price of the last one', async () => {
    const { read, startMs } = setup(10);
    await read(10);
    const starts = await Promise.all([read(10), read(10), read(10)]);
    // The fake clock goes on by each sleep in turn, so that later ones are seen later than on a real one.
    expect(starts.map((ms) => ms - startMs)[0]).to.be.at.least(1_000);
    expect(await read(1)).to.be.at.least(startMs + 4_000);
  });

  it('rejects with the signal’s reason when it fires before the read may start, and gives its units back', async () => {
    const { clock, units, read, startMs } = setup(10);
    await read(10);
    const reason = new Error('enough');
    const unread = () => expect.fail('expected no read');
    const error = await units.spend(AbortSignal.abort(reason), unread).catch((thrown: unknown) => thrown);
    expect(error).to.equal(reason);
    expect((await read(1)) - startMs).to.equal(1_000);
    expect(clock.slept).to.deep.equal([1_000]);
  });
});
