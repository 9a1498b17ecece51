import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Pool } from './pool.ts';

describe('pace/pool', () => {
  it('lets no more in than its limit, first come first served, and remembers the peak', async () => {
    const guests = fc.array(fc.record({ atMs: fc.nat(50), staysMs: fc.nat(50) }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), guests, async (limit, visits) => {
        const clock = new VirtualClock();
        const pool = new Pool(limit);
        const came: number[] = [];
        const entered: number[] = [];
        let inside = 0;
        let most = 0;
        const visit = async ({ atMs, staysMs }: { atMs: number; staysMs: number }, id: number) => {
          await clock.sleep(atMs);
          came.push(id);
          if (!pool.tryEnter()) await pool.enter();
          entered.push(id);
          inside += 1;
          most = Math.max(most, inside);
          expect(inside).to.be.at.most(limit);
          expect(pool.active).to.equal(inside);
          await clock.sleep(staysMs);
          inside -= 1;
          pool.leave();
        };
        await clock.run(Promise.all(visits.map(visit)));
        expect(pool.peak).to.equal(most);
        expect(pool.active).to.equal(0);
        expect(entered).to.deep.equal(came);
      }),
      { numRuns: 50 },
    );
  });

  it('says so when there is no room now', () => {
    const pool = new Pool(1);
    expect(pool.tryEnter()).to.equal(true);
    expect(pool.tryEnter()).to.equal(false);
    pool.leave();
    expect(pool.tryEnter()).to.equal(true);
  });
});
