import { expect } from 'chai';
import { describe, it } from 'mocha';
import { VirtualClock } from './virtual-clock.ts';

describe('testing/virtual-clock', () => {
  it('fires timers in order of their time when it is moved on, and no more than are due', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimer(20, () => fired.push('b'));
    clock.setTimer(10, () => clock.setTimer(5, () => fired.push(`a at ${clock.monotonicMs()}`)));
    clock.setTimer(31, () => fired.push('c'));
    clock.setTimer(1, () => fired.push('never')).cancel();
    await clock.advance(30);
    expect(fired).to.deep.equal(['a at 15', 'b']);
    expect(clock.monotonicMs()).to.equal(30);
    expect(clock.pending).to.equal(1);
  });

  it('moves on by itself until the work has ended', async () => {
    const clock = new VirtualClock();
    const work = async () => {
      for (let step = 0; step < 3; step++) await clock.sleep(1_000);
      return 'done';
    };
    expect(await clock.run(work())).to.equal('done');
    expect(clock.monotonicMs()).to.equal(3_000);
  });

  it('says so when the work hangs, with and without a timer that comes again and again', async () => {
    const clock = new VirtualClock();
    const hung = new Promise<never>(() => {});
    const again = () => clock.setTimer(100, again);
    expect(await clock.run(hung).catch((error: Error) => error.message)).to.match(/nothing is left/);
    again();
    expect(await clock.run(hung, { withinMs: 5_000 }).catch((error: Error) => error.message)).to.match(/within 5000/);
  });

  it('ends a sleep with the reason of its signal', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(10, controller.signal).catch((error: unknown) => error);
    controller.abort('enough');
    expect(await sleeping).to.equal('enough');
    expect(clock.pending).to.equal(0);
  });
});
