import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import type { RunOptions } from '../run-options.ts';
import type { Summary } from '../summary.ts';
import { openRunWorld, type RunPlan, sigterm } from '../testing/run-world.ts';
import { formatRedrive, parseRedrive } from './redrive.ts';

const limits = { concurrency: 1, tolerate: { failures: 10_000 } };

class Odd extends Error {
  override readonly name = 'OddError';
}

/** A world in which a run of two loops has ended: of the first all items failed, of the second those below 5. */
async function setup(items = 10) {
  const world = openRunWorld();
  const worked: string[] = [];
  const state = { broken: true, pauseMs: 0 };
  const job = async (ctx: Context) => {
    for (const name of ['first', 'second']) {
      await ctx.each(
        world.source(items),
        async (value, item) => {
          worked.push(`${name} ${item.key}`);
          if (state.pauseMs > 0) await ctx.clock.sleep(state.pauseMs, item.signal);
          if (!state.broken || (name === 'second' && value >= 5)) return;
          throw value % 2 === 0 ? new Error('even') : new Odd('odd');
        },
        { name },
      );
    }
  };
  const run = (plan: RunPlan = {}) => world.run(job, { limits, ...plan });
  const { runId } = await run();
  worked.length = 0;
  state.broken = false;
  const redrive = (which: Omit<NonNullable<RunOptions['redrive']>, 'runId'>, plan: RunPlan = {}) =>
    run({ redrive: { runId, ...which }, ...plan });
  /** Begins to work these slowly, and is told to end in the midst of it. */
  const interrupted = async (keys: readonly string[]): Promise<Summary> => {
    state.pauseMs = 1_000;
    const controller = new AbortController();
    const started = world.start(job, { limits, redrive: { runId, keys }, signal: controller.signal });
    await world.clock.advance(1_500);
    controller.abort(sigterm());
    const summary = await world.finish(started);
    state.pauseMs = 0;
    expect(summary).to.include({ status: 'interrupted' });
    return summary;
  };
  return { ...world, job, run, runId, redrive, interrupted, worked, state };
}

async function rejectionOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => expect.fail('expected a rejection'),
    (error: Error) => error,
  );
}

describe('ledger/redrive, of chosen items', () => {
  it('works only these, in the order in which they failed, and each once', async () => {
    const { redrive, worked, runId } = await setup();
    const summary = await redrive({ keys: ['key-8', 'key-6', 'key-8'] });
    expect(worked).to.deep.equal(['first key-6', 'first key-8']);
    expect(summary).to.deep.include({
      status: 'succeeded',
      redriveOf: { runId, error: null, keys: ['key-6', 'key-8'] },
    });
    expect(summary.items).to.include({ read: 2, succeeded: 2 });
  });

  it('works the item of each loop that has the key', async () => {
    const { redrive, worked } = await setup();
    await redrive({ keys: ['key-3', 'key-7'] });
    expect(worked).to.deep.equal(['first key-3', 'first key-7', 'second key-3']);
  });

  it('finds them behind pages of failures that are not meant', async () => {
    const { redrive, worked } = await setup(350);
    await redrive({ keys: ['key-0', 'key-120', 'key-349'] });
    expect(worked).to.deep.equal(['first key-0', 'first key-120', 'first key-349', 'second key-0']);
  });

  it('works those of them that failed with an error, when both are given', async () => {
    const { redrive, worked, runId } = await setup();
    const { redriveOf } = await redrive({ keys: ['key-1', 'key-9'], error: 'OddError' });
    expect(worked).to.deep.equal(['first key-1', 'first key-9', 'second key-1']);
    expect(redriveOf).to.deep.equal({ runId, error: 'OddError', keys: ['key-1', 'key-9'] });
    const error = await rejectionOf(redrive({ keys: ['key-1', 'key-2'], error: 'OddError' }));
    expect(error.message).to.include(`but it has none with "OddError" of "key-2"; see`);
  });

  it('takes a thousand', async () => {
    const { redrive, worked } = await setup(1_000);
    const keys = Array.from({ length: 1_000 }, (_, index) => `key-${index}`);
    const summary = await redrive({ keys });
    expect(summary.items).to.include({ read: 1_005, succeeded: 1_005 });
    expect(worked).to.have.length(1_005);
  });

  it('refuses keys that the run has no failed item of, before anything is begun', async () => {
    const { redrive, worked, ledger, runId } = await setup();
    const error = await rejectionOf(redrive({ keys: ['key-1', 'nobody'] }));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.equal(
      `expected keys of failed items of run ${runId}, but it has none of "nobody"; see \`stint show ${runId} --failures\``,
    );
    const many = await rejectionOf(redrive({ keys: ['a', 'b', 'c', 'd', 'e'] }));
    expect(many.message).to.include('none of "a", "b", "c" and 2 more; see');
    expect(worked).to.deep.equal([]);
    expect(await ledger.runs()).to.have.length(1);
  });

  it('refuses no keys and more than a thousand', async () => {
    const { redrive } = await setup();
    for (const count of [0, 1_001]) {
      const error = await rejectionOf(redrive({ keys: Array.from({ length: count }, (_, index) => `${index}`) }));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.include(`expected redrive.keys to name 1 to 1000 items, got ${count}`);
    }
    // The same one so often is one.
    expect((await redrive({ keys: Array<string>(2_000).fill('key-1') })).items.read).to.equal(2);
  });

  it('is told to end while it looks for the keys', async () => {
    const { redrive, ledger } = await setup();
    const error = await rejectionOf(redrive({ keys: ['key-1'] }, { signal: AbortSignal.abort(sigterm()) }));
    expect(error).to.have.property('name', 'InterruptedError');
    expect(await ledger.runs()).to.have.length(1);
  });
});

describe('ledger/redrive, of chosen items, interrupted', () => {
  const keys = ['key-0', 'key-4', 'key-8'];

  it('goes on with the rest of the same items when it is resumed by its id', async () => {
    const { run, interrupted, worked } = await setup();
    const { runId, items } = await interrupted(keys);
    expect(items.succeeded).to.be.within(1, 2);
    const summary = await run({ resumeRun: runId });
    expect(summary).to.deep.include({ runId, attempt: 2, status: 'succeeded' });
    expect(summary.redriveOf?.keys).to.deep.equal(keys);
    expect(summary.items).to.include({ read: 5, succeeded: 5 });
    expect(new Set(worked)).to.deep.equal(
      new Set(['first key-0', 'first key-4', 'first key-8', 'second key-0', 'second key-4']),
    );
  });

  it('is gone on with by a redrive of the same items, in whatever order they are named', async () => {
    const { redrive, interrupted } = await setup();
    const { runId } = await interrupted(keys);
    const summary = await redrive({ keys: [...keys.toReversed(), 'key-4'] });
    expect(summary).to.include({ runId, attempt: 2, status: 'succeeded' });
    expect(summary.items.read).to.equal(5);
  });

  it('is not taken for a redrive of other items, of all, or with an error', async () => {
    const { redrive, interrupted, run } = await setup();
    const { runId } = await interrupted(keys);
    const others = [{ keys: ['key-0', 'key-4'] }, { keys: ['key-1'] }, {}, { keys, error: 'Error' }];
    for (const other of others) {
      const summary = await redrive(other);
      expect(summary.runId, JSON.stringify(other)).to.not.equal(runId);
      expect(summary).to.include({ attempt: 1, status: 'succeeded' });
    }
    expect(await run()).to.include({ attempt: 1 });
  });

  it('keeps its idempotency keys when what failed again is redriven once more', async () => {
    const { run, source } = openRunWorld();
    const sent: string[] = [];
    const job = (ctx: Context) =>
      ctx.each(source(3), async (_value, item) => {
        sent.push(item.idempotencyKey);
        if (sent.length <= 6) throw new Odd('odd');
      });
    const first = await run(job, { limits });
    const second = await run(job, { limits, redrive: { runId: first.runId, keys: ['key-0', 'key-1', 'key-2'] } });
    await run(job, { limits, redrive: { runId: second.runId, keys: ['key-1'] } });
    expect(sent.slice(3, 6)).to.deep.equal(sent.slice(0, 3));
    expect(sent.slice(6)).to.deep.equal([sent[1]]);
  });
});

describe('ledger/redrive, as text', () => {
  it('is short where all items of a run or an error are meant', () => {
    expect(formatRedrive({ runId: '01A', error: null, keys: null })).to.equal('01A');
    expect(formatRedrive({ runId: '01A', error: 'STINT_HTTP_500', keys: null })).to.equal('01A STINT_HTTP_500');
    expect(formatRedrive({ runId: '01A', error: null, keys: ['7'] })).to.equal('01A {"error":null,"keys":["7"]}');
  });

  it('tells all there is, and each choice by another text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    const redrive = fc.record({
      runId: fc.constantFrom('01A', '01B'),
      error: fc.option(
        fc.oneof(
          text.filter((value) => value !== ''),
          fc.constantFrom('{', '{}', '{"error":null,"keys":["7"]}', ' x', 'a b', '\0'),
        ),
      ),
      keys: fc.option(fc.array(text, { minLength: 1, maxLength: 4 })),
    });
    fc.assert(
      fc.property(redrive, (any) => {
        const written = formatRedrive(any);
        expect(parseRedrive(written)).to.deep.equal(any);
        expect(written).to.not.include('\0');
      }),
    );
  });
});
