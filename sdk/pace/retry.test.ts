import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Effects } from '../effects.ts';
import { HttpError } from '../errors.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { pauseAskedFor, planRetry, type RetryPolicy, retrying } from './retry.ts';

const policy: RetryPolicy = { attempts: 4, baseMs: 200, maxMs: 1_000, maxRetryAfterMs: 120_000 };
const transient = Object.assign(new Error('boom'), { code: 'ECONNRESET' });
const http = (status: number, retryAfterMs?: number) =>
  new HttpError({ method: 'GET', host: 'api.test' }, status, retryAfterMs);
const always = (number: number) => ({ next: () => number });
const almostOne = 1 - 2 ** -32;

function setup() {
  const clock = new VirtualClock();
  const slept: string[] = [];
  const effects = new Effects([
    (effect, next) => {
      slept.push(`${effect.kind} ${effect.operation}`);
      return next();
    },
  ]);
  return { clock, slept, context: { policy, clock, random: always(0.5), effects } };
}

describe('pace/retry', () => {
  it('waits anywhere between nothing and a bound that doubles, up to the greatest', () => {
    const bounds = [200, 400, 800, 1_000, 1_000];
    bounds.forEach((bound, index) => {
      const patient = { ...policy, attempts: 10 };
      expect(planRetry(patient, index + 1, transient, always(0))?.delayMs).to.equal(0);
      expect(planRetry(patient, index + 1, transient, always(0.5))?.delayMs).to.equal(bound / 2);
      const most = planRetry(patient, index + 1, transient, always(almostOne))?.delayMs;
      expect(most)
        .to.be.below(bound)
        .and.above(bound - 1);
    });
    expect(planRetry({ ...policy, attempts: 5_000 }, 4_000, transient, always(0.5))?.delayMs).to.equal(500);
  });

  it('keeps to its bounds for any policy, attempt and chance', () => {
    const policies = fc.record({
      attempts: fc.integer({ min: 1, max: 20 }),
      baseMs: fc.integer({ min: 0, max: 60_000 }),
      maxMs: fc.integer({ min: 0, max: 60_000 }),
      maxRetryAfterMs: fc.integer({ min: 0, max: 200_000 }),
    });
    const retryAfter = fc.option(fc.integer({ min: 0, max: 200_000 }), { nil: undefined });
    const chance = fc.double({ min: 0, max: almostOne, noNaN: true });
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 25 }), retryAfter, chance, (any, attempt, askedMs, next) => {
        const retry = planRetry(any, attempt, http(429, askedMs), always(next));
        const final = attempt >= any.attempts || (askedMs ?? 0) > any.maxRetryAfterMs;
        expect(retry === undefined).to.equal(final);
        if (retry === undefined) return;
        expect(retry.delayMs).to.be.at.least(askedMs ?? 0);
        expect(retry.delayMs - (askedMs ?? 0)).to.be.at.most(Math.min(any.maxMs, any.baseMs * 2 ** (attempt - 1)));
      }),
    );
  });

  it('makes no other try when the error is final or attempts are used up', () => {
    expect(planRetry(policy, 1, http(404), always(0))).to.equal(undefined);
    expect(planRetry(policy, 1, 'a string', always(0))).to.equal(undefined);
    expect(planRetry(policy, 3, transient, always(0))).not.to.equal(undefined);
    expect(planRetry(policy, 4, transient, always(0))).to.equal(undefined);
    expect(planRetry({ ...policy, attempts: 1 }, 1, transient, always(0))).to.equal(undefined);
  });

  it('obeys Retry-After, but not a longer one than it may', () => {
    expect(planRetry(policy, 1, http(429, 120_000), always(0))).to.deep.equal({ delayMs: 120_000 });
    expect(planRetry(policy, 1, http(429, 120_001), always(0))).to.equal(undefined);
    expect(planRetry(policy, 1, http(429), always(0))).to.deep.equal({ delayMs: 0 });
  });

  it('has everybody wait as asked though the item itself gets no other try', () => {
    expect(pauseAskedFor(policy, http(429, 5_000))).to.equal(5_000);
    expect(pauseAskedFor(policy, http(429, 120_001))).to.equal(undefined);
    expect(pauseAskedFor(policy, http(404, 5_000))).to.equal(undefined);
    expect(pauseAskedFor(policy, transient)).to.equal(undefined);
  });

  it('tries again until it works, sleeping through the door', async () => {
    const { clock, slept, context } = setup();
    let tries = 0;
    const result = await clock.run(
      retrying(context, new AbortController().signal, async () => {
        tries += 1;
        if (tries < 3) throw transient;
        return tries;
      }),
    );
    expect(result).to.equal(3);
    expect(slept).to.deep.equal(['sleep backoff', 'sleep backoff']);
    expect(clock.monotonicMs()).to.equal(100 + 200);
  });

  it('rejects with the last error when attempts are used up, with a final one at once', async () => {
    const { clock, context } = setup();
    const errors = [1, 2, 3, 4].map(() => http(500));
    let tries = 0;
    const failing = (give: (index: number) => Error) =>
      clock
        .run(
          retrying(context, new AbortController().signal, async () => {
            throw give(tries++);
          }),
        )
        .catch((error: unknown) => error);
    expect(await failing((index) => errors[index]!)).to.equal(errors[3]);
    tries = 0;
    expect(await failing(() => http(404))).to.have.property('status', 404);
    expect(tries).to.equal(1);
  });

  it('ends with the reason of its signal, while it waits and when it fires in a try', async () => {
    const { clock, context } = setup();
    const controller = new AbortController();
    const waiting = retrying(context, controller.signal, () => Promise.reject(transient)).catch((e: unknown) => e);
    await clock.advance(50);
    controller.abort('enough');
    expect(await waiting).to.equal('enough');
    expect(clock.pending).to.equal(0);

    const inTry = new AbortController();
    const trying = retrying(context, inTry.signal, async () => {
      inTry.abort('now');
      throw transient;
    }).catch((error: unknown) => error);
    expect(await trying).to.equal('now');

    const inLastTry = new AbortController();
    const last = retrying(context, inLastTry.signal, async () => {
      inLastTry.abort('now');
      throw http(404);
    }).catch((error: unknown) => error);
    expect(await last).to.equal('now');
  });
});
