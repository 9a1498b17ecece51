import { expect } from 'chai';
import { describe, it } from 'mocha';
import { systemClock } from './clock.ts';

const day = 24 * 3_600_000;

describe('the machine’s clock', () => {
  it('never ends a sleep early, by its own monotonic time', async () => {
    const early = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        // Each begins in another part of a millisecond.
        await systemClock.sleep((index * 7.13) % 50);
        const ms = (index * 3.37) % 20;
        const dueMs = systemClock.monotonicMs() + ms;
        await systemClock.sleep(ms);
        return dueMs - systemClock.monotonicMs();
      }),
    );
    expect(Math.max(...early)).to.be.at.most(0);
  });

  it('does not fire a timer that is cancelled', async () => {
    let fired = 0;
    const timers = [0, 0.4, 1, 3].map((ms) => systemClock.setTimer(ms, () => fired++));
    for (const timer of timers) timer.cancel();
    await systemClock.sleep(10);
    expect(fired).to.equal(0);
  });

  it('does not fire at once a timer of more than 24.8 days', async () => {
    let fired = 0;
    const timer = systemClock.setTimer(100 * day, () => fired++);
    await systemClock.sleep(5);
    timer.cancel();
    expect(fired).to.equal(0);
  });

  it('ends a sleep with the reason of its signal, also when that has fired before', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    const sleeping = systemClock.sleep(day, stop.signal).catch((error: unknown) => error);
    stop.abort(reason);
    expect(await sleeping).to.equal(reason);
    expect(await systemClock.sleep(day, stop.signal).catch((error: unknown) => error)).to.equal(reason);
  });
});
