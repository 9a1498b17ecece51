import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { systemClock } from '../clock.ts';
import { resolveLimits } from '../limits.ts';
import { seededRandom } from '../random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { RateLimit } from './rate-limit.ts';

// Starts are compared as fractions of ms: what floating point may add up to is no defect.
const epsilon = 1e-6;

const plans = fc
  .record({
    perSecond: fc.oneof(
      fc.double({ min: 0.2, max: 5, noNaN: true }),
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 60, max: 5_000, noNaN: true }),
    ),
    burstShare: fc.double({ min: 0, max: 1, noNaN: true }),
    maxLatenessMs: fc.constantFrom(0, 0, 2, 25),
    seed: fc.nat(),
    arrivals: fc.array(
      fc.record({
        atMs: fc.integer({ min: 0, max: 4_000 }),
        count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 600 })),
        abortAfterMs: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    pauses: fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 4_000 }), ms: fc.integer({ min: 0, max: 3_000 }) }), {
      maxLength: 3,
    }),
  })
  .map(({ burstShare, ...plan }) => ({
    ...plan,
    burst: Math.max(1, Math.floor(burstShare * Math.max(1, plan.perSecond))),
  }));

type Plan = typeof plans extends fc.Arbitrary<infer TPlan> ? TPlan : never;

/** Plays a plan; tells when what was started. */
async function play({ perSecond, burst, maxLatenessMs, seed, arrivals, pauses }: Plan) {
  const random = seededRandom(seed);
  const clock = new VirtualClock({ lateness: () => random.next() * maxLatenessMs });
  const limit = new RateLimit(clock, { perSecond, burst });
  const asked: number[] = [];
  const started: { id: number; atMs: number }[] = [];
  const aborted = new Set<number>();
  const paused: { fromMs: number; untilMs: number }[] = [];
  const waits: Promise<void>[] = [];
  for (const { atMs, count, abortAfterMs } of arrivals) {
    clock.setTimer(atMs, () => {
      const controller = new AbortController();
      for (let taken = 0; taken < count; taken++) {
        const id = asked.push(asked.length) - 1;
        waits.push(
          limit.take(controller.signal).then(
            () => void started.push({ id, atMs: clock.monotonicMs() }),
            () => void aborted.add(id),
          ),
        );
      }
      if (abortAfterMs !== undefined) clock.setTimer(abortAfterMs, () => controller.abort());
    });
  }
  for (const { atMs, ms } of pauses) {
    clock.setTimer(atMs, () => {
      limit.pause(ms);
      paused.push({ fromMs: clock.monotonicMs(), untilMs: clock.monotonicMs() + ms });
    });
  }
  await clock.advance(8_000);
  await clock.run(Promise.all(waits), { withinMs: 1e9 });
  return { asked, started, aborted, paused, waitedMs: limit.waitedMs, pending: clock.pending };
}

function expectWithin(perSecond: number, burst: number, startsMs: readonly number[]): void {
  // j − i + 1 ≤ perSecond × (tⱼ − tᵢ) + burst, for all i ≤ j.
  let least = Number.POSITIVE_INFINITY;
  const perSecondStarts = Math.max(1, Math.floor(perSecond));
  startsMs.forEach((atMs, index) => {
    least = Math.min(least, index - (perSecond * atMs) / 1_000);
    expect(index + 1 - (perSecond * atMs) / 1_000 - least, 'starts in a window').to.be.at.most(burst + epsilon);
    const secondAgo = startsMs[index - perSecondStarts];
    if (secondAgo !== undefined) expect(atMs - secondAgo, 'ms for a quota of starts').to.be.at.least(1_000 - epsilon);
  });
}

describe('pace/rate-limit', () => {
  it('never lets more start than it may, in order, whatever is asked, aborted and paused', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { asked, started, aborted, paused, pending } = await play(plan);
        const startsMs = started.map(({ atMs }) => atMs);
        expectWithin(plan.perSecond, plan.burst, startsMs);
        const ids = started.map(({ id }) => id);
        expect(ids).to.deep.equal([...ids].sort((a, b) => a - b));
        expect(started.length + aborted.size).to.equal(asked.length);
        for (const { fromMs, untilMs } of paused) {
          expect(startsMs.filter((atMs) => atMs > fromMs && atMs < untilMs - epsilon)).to.deep.equal([]);
        }
        expect(pending).to.equal(0);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps to the same bounds with one start a turn when those with a turn have to read again first', async function () {
    this.timeout(60_000);
    const rates = fc.oneof(fc.constantFrom(0.1, 0.3), fc.integer({ min: 1, max: 500 }));
    const readings = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(
        rates,
        fc.integer({ min: 1, max: 6_000 }),
        readings,
        fc.nat(),
        async (rate, freshMs, reads, seed) => {
          const random = seededRandom(seed);
          const clock = new VirtualClock({ lateness: () => random.next() * 3 });
          const { burst } = resolveLimits('a-job', { perSecond: rate });
          const limit = new RateLimit(clock, { perSecond: rate, burst });
          const startsMs: number[] = [];
          let givenBack = 0;
          const working = reads.map(async (readMs, index) => {
            let isStarted = await limit.take(undefined, freshMs);
            while (!isStarted) {
              await clock.sleep(readMs);
              if (index % 7 === 3) {
                givenBack += 1;
                return limit.giveBack();
              }
              isStarted = await limit.start(undefined, clock.monotonicMs() + freshMs);
            }
            startsMs.push(clock.monotonicMs());
          });
          await clock.run(Promise.all(working), { withinMs: 1e9 });
          expectWithin(rate, burst, startsMs);
          expect(startsMs).to.have.length(reads.length - givenBack);
          expect(clock.pending).to.equal(0);
          // A turn that is lost on the way would cost an interval: all that is allowed here is what reading takes.
          const leastMs = Math.max(0, startsMs.length - burst) * (1_000 / rate);
          if (rate < 1)
            expect(clock.monotonicMs()).to.be.at.most(leastMs + 6_000 + (givenBack > 0 ? 10_000 : 0) + 1_000);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('uses 98 % of the rate when there is always somebody waiting and timers are up to 2 ms late', async function () {
    this.timeout(60_000);
    const perSecond = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 5_000 }));
    await fc.assert(
      fc.asyncProperty(perSecond, fc.nat(), async (rate, seed) => {
        const random = seededRandom(seed);
        const clock = new VirtualClock({ lateness: () => random.next() * 2 });
        const limit = new RateLimit(clock, resolveLimits('a-job', { perSecond: rate }));
        const starts = Math.max(10 * rate, 200);
        for (let taken = 0; taken < starts; taken++) if (!limit.tryTake()) await clock.run(limit.take());
        expect(starts / (clock.monotonicMs() / 1_000)).to.be.at.least(0.98 * rate);
      }),
      { numRuns: 25 },
    );
  });

  it('gives the place of an aborted waiter to the next, and rejects with the reason', async () => {
    const clock = new VirtualClock();
    const limit = new RateLimit(clock, { perSecond: 1, burst: 1 });
    const controller = new AbortController();
    const order: string[] = [];
    await limit.take();
    const aborted = limit.take(controller.signal).catch((reason: unknown) => order.push(`aborted ${reason}`));
    const next = limit.take().then(() => order.push(`next at ${clock.monotonicMs()}`));
    await clock.advance(500);
    controller.abort('enough');
    await clock.run(Promise.all([aborted, next]));
    expect(order).to.deep.equal(['aborted enough', 'next at 1000']);
    expect(await limit.take(AbortSignal.abort('before')).catch((reason: unknown) => reason)).to.equal('before');
  });

  it('leaves no timer behind when the last waiter is aborted', async () => {
    const clock = new VirtualClock();
    const limit = new RateLimit(clock, { perSecond: 1, burst: 1 });
    const controller = new AbortController();
    await limit.take();
    const waiting = limit.take(controller.signal).catch(() => {});
    controller.abort();
    await waiting;
    expect(clock.pending).to.equal(0);
    expect(limit.waitedMs).to.equal(0);
  });

  it('lets nobody past who waits, though there is a start to take', async () => {
    const clock = new VirtualClock({ lateness: () => 50 });
    const limit = new RateLimit(clock, { perSecond: 10, burst: 1 });
    await limit.take();
    const waiting = limit.take();
    await clock.advance(120);
    expect(limit.tryTake()).to.equal(false);
    await clock.run(waiting);
    expect(limit.waitedMs).to.equal(150);
  });

  it('holds everybody back for the longest pause, without a limit too', async () => {
    for (const perSecond of [undefined, 100]) {
      const clock = new VirtualClock();
      const limit = new RateLimit(clock, { perSecond, burst: 1 });
      expect(limit.tryTake()).to.equal(true);
      limit.pause(2_000);
      limit.pause(500);
      expect(limit.tryTake()).to.equal(false);
      const startsMs: number[] = [];
      const waiting = [1, 2, 3].map(() => limit.take().then(() => startsMs.push(clock.monotonicMs())));
      await clock.advance(1_000);
      limit.pause(1_500);
      await clock.run(Promise.all(waiting));
      expect(startsMs[0]).to.equal(2_500);
    }
  });

  it('does not limit without a limit', () => {
    const limit = new RateLimit(new VirtualClock(), { perSecond: undefined, burst: 1 });
    for (let taken = 0; taken < 10_000; taken++) expect(limit.tryTake()).to.equal(true);
  });

  it('keeps to 1,000 a second by the clock of the machine', async () => {
    const limit = new RateLimit(systemClock, { perSecond: 1_000, burst: 100 });
    const startedMs = systemClock.monotonicMs();
    let starts = 0;
    const taker = async () => {
      while (systemClock.monotonicMs() - startedMs < 1_000) {
        await limit.take();
        starts += 1;
        const elapsedMs = systemClock.monotonicMs() - startedMs;
        expect(starts).to.be.at.most(elapsedMs + 100);
        if (elapsedMs < 1_000) expect(starts).to.be.at.most(1_000);
      }
    };
    await Promise.all(Array.from({ length: 16 }, taker));
    expect(starts).to.be.at.least(16);
  });
});
