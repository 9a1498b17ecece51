import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LeaseLostError } from './errors.ts';
import { MemoryLedger } from './ledger/memory.ts';
import type { Limits } from './limits.ts';
import { never, openRunWorld } from './testing/run-world.ts';

function setup() {
  const world = openRunWorld();
  /** Runs a job on so many numbers, of which some fail. */
  const runFailing = (items: number, isBad: (value: number) => boolean, limits: Limits) =>
    world.run(
      (ctx) =>
        ctx.each(world.source(items), async (value) => {
          await world.clock.sleep(value % 7);
          if (isBad(value)) throw new Error('boom');
        }),
      { limits },
    );
  return { ...world, runFailing };
}

/** A ledger whose checkpoints go through `write`. */
class FaultyLedger extends MemoryLedger {
  readonly writesMs: number[] = [];
  finished = 0;
  readonly #write: (number: number) => Promise<void>;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number, write: (number: number) => Promise<void>) {
    super();
    this.#nowMs = nowMs;
    this.#write = write;
  }

  override async checkpoint(...args: Parameters<MemoryLedger['checkpoint']>) {
    await this.#write(this.writesMs.push(this.#nowMs()));
    await super.checkpoint(...args);
  }

  override async finish(...args: Parameters<MemoryLedger['finish']>) {
    this.finished += 1;
    await super.finish(...args);
  }
}

describe('run-end', () => {
  for (const concurrency of [1, 16]) {
    it(`lets 25 failures pass and fails the run at the 26th, ${concurrency} at once`, async () => {
      const { runFailing } = setup();
      const limits = { concurrency, tolerate: { failures: 25 } };
      const passed = await runFailing(400, (value) => value < 25, limits);
      expect(passed).to.include({ status: 'succeeded', exitCode: 0 });
      expect(passed.items).to.include({ failed: 25, succeeded: 375 });

      const failed = await runFailing(400, (value) => value < 200 && value % 7 === 6, limits);
      expect(failed).to.include({ status: 'failed', exitCode: 1 });
      expect(failed.error?.message).to.equal('26 items failed, more than the 25 that limits.tolerate allows');
      // Those that were in flight at the 26th end as well.
      expect(failed.items.failed).to.be.within(26, 25 + concurrency);
      expect(failed.items.read).to.be.below(400);
    });
  }

  it('fails a run at its first failed item when nothing is tolerated, and does not hang with all failing at once', async () => {
    const { runFailing } = setup();
    for (const concurrency of [1, 16]) {
      const failed = await runFailing(400, () => true, { concurrency });
      expect(failed.error?.code).to.equal('STINT_TOLERANCE_EXCEEDED');
      expect(failed.items.failed).to.be.within(1, concurrency);
    }
  });

  it('looks at the percentage from the 100th item on, and at the end', async () => {
    const { runFailing } = setup();
    const limits = { concurrency: 1, tolerate: { percent: 5 } };
    // Of the first hundred half fail: too early to say, until the hundredth.
    const many = await runFailing(400, (value) => value < 50, limits);
    expect(many.error?.message).to.equal('50.0 % of 100 items failed, more than the 5 % that limits.tolerate allows');
    expect(many.items.failed + many.items.succeeded).to.equal(100);

    const late = await runFailing(400, (value) => value >= 370, limits);
    expect(late.items).to.include({ failed: 20 });
    const few = await runFailing(40, (value) => value < 3, limits);
    expect(few.error?.message).to.equal('7.5 % of 40 items failed, more than the 5 % that limits.tolerate allows');
    expect(few.items).to.include({ read: 40, remaining: 0 });
    const fewer = await runFailing(40, (value) => value < 2, limits);
    expect(fewer).to.include({ status: 'succeeded', exitCode: 0 });
  });

  it('holds a run to number and percentage, whichever is passed first', async () => {
    const { runFailing } = setup();
    const limits = { concurrency: 1, tolerate: { failures: 10, percent: 50 } };
    expect((await runFailing(400, (value) => value < 11, limits)).error?.message).to.match(/^11 items failed/);
    expect((await runFailing(10, (value) => value < 6, limits)).error?.message).to.match(/^60\.0 % of 10/);
  });

  it('tells what is wrong with limits.tolerate before a failure that the job itself makes of it', async () => {
    const { run, source } = setup();
    const summary = await run((ctx) =>
      ctx
        .each(source(5), () => Promise.reject(new Error('boom')))
        .catch(() => {
          throw new Error('made of it');
        }),
    );
    expect(summary.error?.code).to.equal('STINT_TOLERANCE_EXCEEDED');
  });

  it('goes on when a checkpoint fails once, and saves the next', async () => {
    const { run, source, clock } = setup();
    const ledger = new FaultyLedger(
      () => clock.monotonicMs(),
      async (number) => {
        if (number === 1) throw new Error('no ledger');
      },
    );
    const summary = await run((ctx) => ctx.each(source(30), () => clock.sleep(1_000)), { ledger });
    expect(summary).to.include({ status: 'succeeded' });
    // One of them failed, and the last comes with the end.
    expect(summary.resume.checkpoints).to.equal(ledger.writesMs.length);
    expect(ledger.writesMs.length).to.be.at.least(3);
    expect(ledger.finished).to.equal(1);
  });

  it('is interrupted when no checkpoint can be saved, its last one neither: the next start goes on with it', async () => {
    const { run, source, clock } = setup();
    const ledger = new FaultyLedger(
      () => clock.monotonicMs(),
      () => Promise.reject(Object.assign(new Error('no ledger'), { code: 'ECONNREFUSED' })),
    );
    const summary = await run((ctx) => ctx.each(source(30), () => clock.sleep(1_000)), { ledger });
    expect(summary).to.include({ status: 'interrupted', exitCode: 75 });
    expect(summary.error).to.deep.include({ message: 'no ledger', code: 'ECONNREFUSED' });
    expect(summary.items.succeeded).to.equal(30);
    expect(summary.resume.checkpoints).to.equal(0);
  });

  it('is not called succeeded when that cannot be recorded', async () => {
    const { run, source } = setup();
    class Unfinished extends MemoryLedger {
      override finish(): Promise<void> {
        return Promise.reject(new Error('no ledger'));
      }
    }
    const summary = await run((ctx) => ctx.each(source(3), () => {}), { ledger: new Unfinished() });
    expect(summary).to.include({ status: 'interrupted', exitCode: 75 });
    expect(summary.error?.message).to.equal('no ledger');
    expect(summary.durationMs, 'it was tried for a while').to.be.within(40_000, 60_000);
  });

  it('keeps its own error when its end cannot be recorded', async () => {
    const { run } = setup();
    class Unfinished extends MemoryLedger {
      override finish(): Promise<void> {
        return Promise.reject(new Error('no ledger'));
      }
    }
    const summary = await run(() => Promise.reject(new Error('boom')), { ledger: new Unfinished() });
    expect(summary).to.include({ status: 'failed', exitCode: 1 });
    expect(summary.error?.message).to.equal('boom');
  });

  it('records its end again and again until that is taken', async () => {
    const { run, source } = setup();
    let tries = 0;
    class Slow extends MemoryLedger {
      override finish(...args: Parameters<MemoryLedger['finish']>): Promise<void> {
        tries += 1;
        return tries < 20 ? Promise.reject(new Error('no ledger')) : super.finish(...args);
      }
    }
    const ledger = new Slow();
    const summary = await run((ctx) => ctx.each(source(3), () => {}), { ledger });
    expect(summary.status).to.equal('succeeded');
    expect(ledger.summaries()).to.have.length(1);
  });

  it('is interrupted when its lease is lost, and writes nothing from then on', async () => {
    for (const handler of ['obeys', 'ignores'] as const) {
      const { run, source, clock, effects } = setup();
      const ledger = new FaultyLedger(
        () => clock.monotonicMs(),
        async (number) => {
          if (number === 2) throw new LeaseLostError('taken');
        },
      );
      const summary = await run(
        (ctx) =>
          ctx.each(source(1_000), (_value, item) =>
            handler === 'obeys' ? clock.sleep(50, item.signal) : clock.sleep(5_000),
          ),
        { ledger, limits: { abortGraceMs: 10_000 } },
      );
      expect(summary).to.include({ status: 'interrupted', exitCode: 75 });
      expect(summary.error?.code).to.equal('STINT_LEASE_LOST');
      expect(summary.items.remaining).to.be.above(0);
      expect(ledger.writesMs).to.have.length(2);
      expect(ledger.finished).to.equal(0);
      expect(effects.filter(({ operation }) => operation === 'finish')).to.have.length(0);
    }
  });

  it('is interrupted when its heartbeats are refused, and saves no last checkpoint', async () => {
    const { run, source, clock, effects } = setup();
    class Taken extends MemoryLedger {
      override heartbeat(): Promise<never> {
        return Promise.reject(new LeaseLostError('taken'));
      }
    }
    const summary = await run((ctx) => ctx.each(source(1_000), (_value, item) => clock.sleep(30_000, item.signal)), {
      ledger: new Taken(),
      limits: { itemTimeoutMs: 60_000 },
    });
    expect(summary).to.include({ status: 'interrupted', exitCode: 75, durationMs: 5_000 });
    expect(effects.map(({ operation }) => operation)).to.deep.equal(['claim', 'heartbeat']);
  });

  it('is interrupted when only its last checkpoint finds the lease taken', async () => {
    const { run, source, clock } = setup();
    class TakenAtLast extends MemoryLedger {
      override finish(): Promise<void> {
        return Promise.reject(new LeaseLostError('taken'));
      }
    }
    const summary = await run((ctx) => ctx.each(source(3), () => clock.sleep(1)), { ledger: new TakenAtLast() });
    expect(summary).to.include({ status: 'interrupted', exitCode: 75 });
    expect(summary.durationMs, 'it was not tried again').to.be.at.most(100);
  });

  it('is interrupted in time though its heartbeats hang', async () => {
    const { run, source } = setup();
    class Hanging extends MemoryLedger {
      override heartbeat(): Promise<never> {
        return never();
      }
    }
    const summary = await run((ctx) => ctx.each(source(10), never), {
      ledger: new Hanging(),
      limits: { itemTimeoutMs: 1e6, tolerate: { failures: 10 } },
    });
    expect(summary).to.include({ status: 'interrupted', exitCode: 75 });
    expect(summary.durationMs).to.be.at.most(60_000);
  });
});
