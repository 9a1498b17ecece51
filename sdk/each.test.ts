import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Handler } from './each.ts';
import { HttpError, ItemClosedError, StintError } from './errors.ts';
import { openRunWorld, type RunPlan } from './testing/run-world.ts';

const secret = 'bob@example.test';
const passing = (message = 'boom') => Object.assign(new Error(message), { code: 'ECONNRESET' });
const http = (status: number, retryAfterMs?: number) =>
  new HttpError({ method: 'GET', host: 'api.test' }, status, retryAfterMs);

function setup() {
  const world = openRunWorld();
  /** Runs the handler on each of a few numbers, however many of them fail. */
  const runEach = (items: number, handler: Handler<number>, { limits, ...plan }: RunPlan = {}) =>
    world.run((ctx) => ctx.each(world.source(items), handler), {
      limits: { tolerate: { failures: 1_000 }, ...limits },
      ...plan,
    });
  return { ...world, runEach };
}

describe('each', () => {
  it('settles every item by what its handler says', async () => {
    const { runEach } = setup();
    const summary = await runEach(4, async (value, item) => {
      if (value === 0) return 'whatever';
      if (value === 1) return item.skip('not now');
      if (value === 2) throw new StintError('STINT_TEST', 'final');
      item.count('seen');
      item.count('seen', 2);
      item.count('cents', 0.5);
    });
    expect(summary.status).to.equal('succeeded');
    expect(summary.items).to.include({ read: 4, succeeded: 2, skipped: 1, failed: 1, retried: 0 });
    expect(summary.skipped).to.deep.equal({ 'not now': 1 });
    expect(summary.counts).to.deep.equal({ seen: 3, cents: 0.5 });
    expect(summary.failures).to.deep.equal([
      { key: 'key-2', attempts: 1, name: 'StintError', code: 'STINT_TEST', message: 'final' },
    ]);
    expect(summary.failuresByError).to.deep.equal({ 'StintError STINT_TEST': 1 });
  });

  it('works with handlers that do not wait', async () => {
    const { runEach } = setup();
    const summary = await runEach(30, (value, item) => {
      if (value % 3 === 1) item.skip('odd');
      if (value % 3 === 2) throw new TypeError('boom');
    });
    expect(summary.items).to.include({ succeeded: 10, skipped: 10, failed: 10 });
  });

  it('fails an item that its handler settles twice, though the handler catches that', async () => {
    const { runEach } = setup();
    const summary = await runEach(2, (value, item) => {
      item.skip('once');
      try {
        item.skip('twice');
      } catch (error) {
        if (value === 0) throw error;
      }
    });
    expect(summary.failuresByError).to.deep.equal({ 'SettledTwiceError STINT_SETTLED_TWICE': 2 });
  });

  it('fails an item whose handler throws after it skipped', async () => {
    const { runEach } = setup();
    const summary = await runEach(1, (_value, item) => {
      item.skip('not now');
      throw new Error('boom');
    });
    expect(summary.items).to.include({ skipped: 0, failed: 1 });
  });

  it('fails an item whose handler throws what is no Error, and shows nothing of it', async () => {
    const { runEach } = setup();
    const thrown: unknown[] = [undefined, null, secret, { email: secret }, [secret], Symbol(secret), () => secret];
    const summary = await runEach(thrown.length, async (value) => {
      throw thrown[value];
    });
    expect(summary.items.failed).to.equal(thrown.length);
    expect(summary.failuresByError).to.deep.equal({ 'NotAnErrorThrown STINT_NOT_AN_ERROR': thrown.length });
    expect(JSON.stringify(summary)).not.to.include(secret);
  });

  it('survives errors that are not what they seem', async () => {
    const { runEach } = setup();
    const odd: unknown[] = [
      Object.assign(new Error(), { message: { email: secret } }),
      Object.assign(new Error('boom'), { name: 42, code: { email: secret } }),
      Object.create(Error.prototype),
      Object.defineProperty(new Error('boom'), 'message', {
        get() {
          throw new Error('no message for you');
        },
      }),
    ];
    const summary = await runEach(odd.length, async (value) => {
      throw odd[value];
    });
    expect(summary.items.failed).to.equal(odd.length);
    expect(JSON.stringify(summary)).not.to.include(secret);
  });

  it('names the first twenty failures and counts all', async () => {
    const { runEach } = setup();
    const summary = await runEach(30, () => Promise.reject(new Error('boom')));
    expect(summary.failures.map(({ key }) => key)).to.deep.equal(Array.from({ length: 20 }, (_, n) => `key-${n}`));
    expect(summary.failuresByError).to.deep.equal({ Error: 30 });
  });

  it('drops what a failed attempt counted', async () => {
    const { runEach } = setup();
    const summary = await runEach(2, async (value, item) => {
      item.count('tries');
      if (value === 1 || item.attempt < 3) throw passing();
    });
    expect(summary.items).to.include({ succeeded: 1, failed: 1, retried: 2 + 3 });
    expect(summary.counts).to.deep.equal({ tries: 1 });
  });

  it('tries again what may pass, with a fresh signal and the same idempotency key', async () => {
    const { runEach, effects } = setup();
    const signals = new Set<AbortSignal>();
    const keys = new Set<string>();
    const attempts: number[] = [];
    const summary = await runEach(1, async (_value, item) => {
      attempts.push(item.attempt);
      signals.add(item.signal);
      keys.add(item.idempotencyKey);
      if (item.attempt === 1) throw passing();
      if (item.attempt === 2) throw http(503);
    });
    expect(summary.items).to.include({ succeeded: 1, failed: 0, retried: 2 });
    expect(attempts).to.deep.equal([1, 2, 3]);
    expect([signals.size, keys.size]).to.deep.equal([3, 1]);
    expect(effects.filter(({ kind }) => kind === 'sleep')).to.have.length(2);
  });

  it('gives items of one run different idempotency keys, and other runs others', async () => {
    const keys: string[] = [];
    for (const { runEach } of [setup(), setup()])
      await runEach(3, (_value, item) => void keys.push(item.idempotencyKey));
    expect(new Set(keys).size).to.equal(6);
  });

  it('forgets that an attempt skipped when it is tried again', async () => {
    const { runEach } = setup();
    const summary = await runEach(1, (_value, item) => {
      if (item.attempt > 1) return;
      item.skip('not now');
      throw passing();
    });
    expect(summary.items).to.include({ succeeded: 1, skipped: 0, failed: 0 });
  });

  it('fails an item that has used up its attempts, and one whose error is final at once', async () => {
    const { runEach } = setup();
    const tries = [0, 0];
    const summary = await runEach(2, async (value) => {
      tries[value]! += 1;
      throw value === 0 ? passing() : http(404);
    });
    expect(tries).to.deep.equal([4, 1]);
    expect(summary.failures.map(({ attempts, code }) => ({ attempts, code }))).to.have.deep.members([
      { attempts: 4, code: 'ECONNRESET' },
      { attempts: 1, code: 'STINT_HTTP_404' },
    ]);
  });

  it('has everybody wait as long as Retry-After asks', async () => {
    const { runEach, clock } = setup();
    const startsMs: number[] = [];
    await runEach(
      20,
      async (value, item) => {
        startsMs.push(clock.monotonicMs());
        await clock.sleep(10);
        if (value === 0 && item.attempt === 1) throw http(429, 5_000);
      },
      { limits: { concurrency: 2 } },
    );
    expect(startsMs).to.have.length(21);
    expect(startsMs.filter((atMs) => atMs > 10 && atMs < 5_010)).to.deep.equal([]);
  });

  it('has everybody wait though the item that was told so gets no other try', async () => {
    const { runEach, clock } = setup();
    const startsMs: number[] = [];
    const summary = await runEach(
      3,
      async (value) => {
        startsMs.push(clock.monotonicMs());
        if (value === 0) throw http(429, 5_000);
      },
      { limits: { concurrency: 1, retry: { attempts: 1 } } },
    );
    expect(startsMs).to.deep.equal([0, 5_000, 5_000]);
    expect(summary.items).to.include({ succeeded: 2, failed: 1 });
  });

  it('fails an item at once that is asked to wait longer than the limit, and makes nobody wait', async () => {
    const { runEach, clock } = setup();
    const summary = await runEach(3, async (value) => {
      if (value === 0) throw http(429, 200_000);
    });
    expect(summary.items).to.include({ succeeded: 2, failed: 1, retried: 0 });
    expect(clock.monotonicMs()).to.be.below(1_000);
  });

  it('ends an item that takes too long by its signal, and tries again', async () => {
    const { runEach, clock } = setup();
    const summary = await runEach(
      1,
      async (_value, item) => {
        if (item.attempt < 2) await clock.sleep(5_000, item.signal);
      },
      { limits: { itemTimeoutMs: 100 } },
    );
    expect(summary.items).to.include({ succeeded: 1, retried: 1 });
  });

  it('leaves a handler behind that ignores its signal, and refuses what it does from then on', async () => {
    const { run, source, clock } = setup();
    const refused: unknown[] = [];
    const late: Promise<unknown>[] = [];
    const summary = await run(
      (ctx) =>
        ctx.each(source(1), (_value, item) => {
          const work = async () => {
            await clock.sleep(5_000);
            item.count('late');
            await ctx.clock.sleep(1).catch((error: unknown) => refused.push(error));
          };
          late.push(work());
          return late[0];
        }),
      { limits: { itemTimeoutMs: 100, abortGraceMs: 50, tolerate: { failures: 1 } } },
    );
    expect(summary.durationMs).to.equal(150);
    expect(summary.failures[0]).to.include({ code: 'STINT_ITEM_ABANDONED', attempts: 1 });
    await clock.run(Promise.all(late));
    expect(summary.counts).to.deep.equal({});
    expect(refused[0]).to.be.instanceOf(ItemClosedError).and.have.property('code', 'STINT_ITEM_CLOSED');
  });

  it('refuses what a handler did not await, once its item is settled', async () => {
    const { run, source, clock } = setup();
    const late: Promise<unknown>[] = [];
    const refused: unknown[] = [];
    await run((ctx) =>
      ctx.each(source(1), () => {
        const work = async () => {
          await clock.sleep(1);
          await ctx.clock.sleep(1).catch((error: unknown) => refused.push(error));
        };
        late.push(work());
      }),
    );
    await clock.run(Promise.all(late));
    expect(refused[0]).to.be.instanceOf(ItemClosedError);
  });

  it('fails two bad neighbours and nobody else', async () => {
    const { runEach } = setup();
    const summary = await runEach(100, async (value) => {
      if (value === 41 || value === 42) throw new Error('boom');
    });
    expect(summary.failures.map(({ key }) => key)).to.deep.equal(['key-41', 'key-42']);
    expect(summary.items.succeeded).to.equal(98);
  });

  it('goes on after a skipped item, also the last of a page and a whole page of them', async () => {
    const { runEach } = setup();
    const summary = await runEach(45, (value, item) => {
      if (value === 9 || (value >= 20 && value < 30)) item.skip('not now');
    });
    expect(summary.items).to.include({ read: 45, succeeded: 34, skipped: 11 });
  });

  it('ends the run when a retry cannot even wait, and hangs on nothing', async () => {
    const { runEach } = setup();
    const broken = new Error('no sleep');
    const summary = await runEach(20, () => Promise.reject(passing()), {
      limits: { concurrency: 4 },
      middleware: [(effect, next) => (effect.kind === 'sleep' ? Promise.reject(broken) : next())],
    });
    expect(summary.status).to.equal('failed');
    expect(summary.error?.message).to.equal('no sleep');
    expect(summary.items.remaining).to.be.at.least(1);
  });

  it('ends the run when the source cannot name a failed item, and hangs on nothing', async () => {
    for (const handler of [() => Promise.reject(new Error('boom')), () => expect.fail('boom')]) {
      const { run, source } = setup();
      const nameless = source(20);
      nameless.keyOf = () => {
        throw new Error('no name');
      };
      const summary = await run((ctx) => ctx.each(nameless, handler), { limits: { concurrency: 4 } });
      expect(summary.status).to.equal('failed');
      expect(summary.error?.message).to.equal('no name');
    }
  });
});
