import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SharedLooks, type SharedLooksOptions } from './shared-looks.ts';

function setUp(options: Partial<SharedLooksOptions> = {}) {
  let nowMs = 1_000;
  let count = 0;
  const looks = new SharedLooks({ keepMs: 250, clock: { monotonicMs: () => nowMs }, ...options });
  return {
    looks,
    take: (key = 'key') =>
      looks.take(key, async () => {
        count += 1;
        return `${key} ${count}`;
      }),
    pass: (ms: number) => {
      nowMs += ms;
    },
    count: () => count,
  };
}

describe('SharedLooks', () => {
  it('looks once for all who ask within its time, and for each thing by itself', async () => {
    const { take, pass, count } = setUp();
    expect(await Promise.all([take(), take(), take('other')])).to.deep.equal(['key 1', 'key 1', 'other 2']);
    pass(249);
    expect(await take()).to.equal('key 1');
    expect(count()).to.equal(2);
  });

  it('looks anew when its time is over, and when it was told to forget', async () => {
    const { looks, take, pass } = setUp();
    await take();
    pass(250);
    expect(await take()).to.equal('key 2');
    looks.forget();
    expect(await take()).to.equal('key 3');
  });

  it('lets nobody who comes after a forget take part in a look that goes on', async () => {
    const { looks, take, count } = setUp();
    const gate = Promise.withResolvers<string>();
    const before = looks.take('key', () => gate.promise);
    looks.forget();
    expect(await take()).to.equal('key 1');
    gate.resolve('old');
    expect(await before).to.equal('old');
    expect(await take()).to.equal('key 1');
    expect(count()).to.equal(1);
  });

  it('shares a failure with those who wait for it, and with nobody later', async () => {
    const { looks, take } = setUp();
    const gate = Promise.withResolvers<string>();
    const failing = [1, 2].map(() => looks.take('key', () => gate.promise).catch((error: Error) => error.message));
    gate.reject(new Error('away'));
    expect(await Promise.all(failing)).to.deep.equal(['away', 'away']);
    expect(await take()).to.equal('key 1');
  });

  it('keeps no more than it may, and answers all the same', async () => {
    const { take } = setUp({ most: 1 });
    await take();
    expect(await take('other')).to.equal('other 2');
    expect(await take('other')).to.equal('other 3');
    expect(await take()).to.equal('key 1');
  });
});
