import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openRunWorld } from '../testing/run-world.ts';
import { joinObservers } from './join-observers.ts';
import type { RunObserver } from './progress.ts';

const boom = () => {
  throw new Error('boom');
};

describe('joinObservers', () => {
  it('tells each of what it listens to, in order', async () => {
    const world = openRunWorld();
    const told: string[] = [];
    const observer = joinObservers(
      { onStart: () => told.push('a start'), onEnd: () => told.push('a end') },
      undefined,
      { onStart: () => told.push('b start'), onOutcome: ({ key }) => told.push(`b ${key}`) },
    );
    await world.run((ctx) => ctx.each([7], async () => {}), { observer });
    expect(told).to.deep.equal(['a start', 'b start', 'b 7', 'a end']);
  });

  it('leaves out what nobody listens to, and passes a lone hook on', () => {
    const told: number[] = [];
    class Counting implements RunObserver {
      readonly told = told;
      onSettled(settled: number) {
        this.told.push(settled);
      }
    }
    const { onSettled, ...others } = joinObservers({}, new Counting());
    onSettled?.(3);
    expect(told).to.deep.equal([3]);
    expect(Object.values(others).every((hook) => hook === undefined)).to.equal(true);
    expect(joinObservers().onEnd).to.equal(undefined);
  });

  it('tells the others when one throws, and ends the run with the first error', async () => {
    const world = openRunWorld();
    const told: string[] = [];
    const observer = joinObservers({ onOutcome: boom }, { onOutcome: ({ key }) => told.push(key) });
    const summary = await world.run((ctx) => ctx.each([1, 2], async () => {}), {
      observer,
      limits: { concurrency: 1 },
    });
    expect(told).to.include('1');
    expect(summary).to.include({ status: 'failed' });
    expect(summary.error?.message).to.equal('boom');
  });
});
