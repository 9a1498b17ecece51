import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startProgram } from '../harness/testing/program.ts';
import { UsageError } from './errors.ts';
import { defineJob } from './job.ts';
import { runJob } from './run.ts';
import type { RunOptions } from './run-options.ts';
import { formatShard, parseShard, type Shard } from './shard.ts';
import { openPostgresStand } from './testing/postgres-ledger-stand.ts';
import { sigterm } from './testing/run-world.ts';
import { shardJob } from './testing/work-shard.ts';

const shardsOf = (count: number): Shard[] => Array.from({ length: count }, (_, index) => ({ index, count }));
const trigger = { kind: 'schedule', scheduledTime: '2026-01-01T01:00:00.000Z' } as const;

/** A table of so many things, each of which takes `slow` ms, and a way to start parts of a job on it. */
async function setup(things: number, slow = 0) {
  const stand = await openPostgresStand();
  await stand.sql(
    `create table things as select n as id, ${slow} as slow, false as bad from generate_series(1, ${things}) n`,
  );
  await stand.sql('create table worked (id int, shard int)');
  const ledger = stand.open();
  const stores = { postgres: { connectionString: stand.url } };
  const run = (shard: Shard | undefined, options: RunOptions = {}) =>
    runJob(shardJob, { ledger, stores, shard, ...options });
  const worked = () => stand.sql<{ id: number; shard: number }>('select * from worked order by id');
  return { stand, ledger, run, worked, [Symbol.asyncDispose]: () => stand[Symbol.asyncDispose]() };
}

/** Looks until it has come. */
async function until(hasCome: () => Promise<boolean>): Promise<void> {
  while (!(await hasCome())) await new Promise((resolve) => setImmediate(resolve));
}

async function rejectionOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => expect.fail('expected a rejection'),
    (error: Error) => error,
  );
}

describe('parseShard', () => {
  it('takes an index and a count, as they are written', () => {
    for (const text of ['0/1', '0/8', '7/8', '999/1000'])
      expect(formatShard(parseShard(text, 'STINT_SHARD'))).to.equal(text);
  });

  it('refuses all else, saying what is expected', () => {
    const unfit = [
      '',
      '1',
      '8/8',
      '-1/8',
      '0/0',
      '0/1001',
      '1/8/2',
      '01/8',
      '1/08',
      '0.5/2',
      ' 1/8',
      '1 / 8',
      'a/b',
      '1e0/8',
    ];
    for (const text of unfit)
      expect(() => parseShard(text, '--shard'), text)
        .to.throw(UsageError, 'expected --shard to be an index from 0 and a count up to 1000, like "0/8" to "7/8"')
        .with.property('code', 'STINT_USAGE');
  });
});

describe('a run that is spread over tasks', () => {
  it('works each item in one of its shards, all at once, and tells which one it was', async () => {
    await using world = await setup(100, 5);
    const summaries = await Promise.all(shardsOf(3).map((shard) => world.run(shard)));
    for (const [index, summary] of summaries.entries())
      expect(summary).to.deep.include({ status: 'succeeded', shard: { index, count: 3 }, attempt: 1 });
    expect((await world.worked()).map(({ id }) => id)).to.deep.equal(Array.from({ length: 100 }, (_, at) => at + 1));
    expect(await world.run(undefined)).to.not.have.property('shard');
    expect(await world.worked()).to.have.length(200);
  });

  it('fails a job that has not asked for its shard before it works on items, and works none', async () => {
    await using world = await setup(3);
    const forgetful = defineJob({
      name: 'forgetful',
      summary: 'Works all there is.',
      exclusive: 'scope',
      shards: true,
      async run(ctx) {
        await ctx.each(ctx.postgres.rows<{ id: number }>({ sql: 'select * from things', key: ['id'] }), ({ id }) =>
          ctx.postgres.query('insert into worked values ($1)', [id]),
        );
      },
    });
    const stores = { postgres: { connectionString: world.stand.url } };
    const run = (shard?: Shard) => runJob(forgetful, { ledger: world.ledger, stores, shard });
    const { status, error, items } = await run({ index: 1, count: 3 });
    expect({ status, code: error?.code, read: items.read }).to.deep.equal({
      status: 'failed',
      code: 'STINT_BAD_DEFINITION',
      read: 0,
    });
    expect(error?.message)
      .to.include('expected forgetful to ask for its shard (1/3)')
      .and.include('`shard: ctx.shard`');
    expect(await world.worked()).to.deep.equal([]);
    expect(await run()).to.include({ status: 'succeeded' });
  });

  it('refuses a shard that goes on, and none beside it', async () => {
    await using world = await setup(20, 50);
    const [first, second] = shardsOf(2);
    const going = world.run(first);
    await until(async () => (await world.ledger.runs()).length > 0);
    const [again, other] = await Promise.all([world.run(first), world.run(second)]);
    expect(again).to.include({ status: 'refused' });
    expect(other).to.include({ status: 'succeeded' });
    expect(await going).to.include({ status: 'succeeded' });
    expect(await world.worked()).to.have.length(20);
  });

  it('is started once a shard for a scheduled time', async () => {
    await using world = await setup(10);
    for (const status of ['succeeded', 'refused'])
      for (const shard of shardsOf(3)) expect(await world.run(shard, { trigger })).to.include({ status });
    expect(await world.worked()).to.have.length(10);
  });

  it('goes on with the shard whose process was killed, and works no other’s items', async () => {
    await using world = await setup(300, 30);
    const shard = { index: 1, count: 2 };
    await using program = startProgram('sdk/testing/work-shard.ts', [world.stand.url, formatShard(shard)]);
    await until(async () => (await world.ledger.runs())[0]?.checkpoint !== undefined);
    program.process.kill('SIGKILL');
    await program.ended;
    await world.stand.pass(120_000);
    await world.stand.sql('update things set slow = 0');
    expect(await world.run({ index: 0, count: 2 })).to.include({ status: 'succeeded', attempt: 1 });
    const resumed = await world.run(shard);
    expect(resumed).to.deep.include({ status: 'succeeded', attempt: 2, shard });
    expect(resumed.resume).to.include({ fromCheckpoint: true, recovered: true });
    const worked = await world.worked();
    expect(new Set(worked.map(({ id }) => id)).size).to.equal(300);
    expect(new Set(worked.map((row) => `${row.id} ${row.shard}`)).size, 'by one shard each').to.equal(300);
    expect(worked.length - 300).to.be.at.most(resumed.resume.replayedAtMost);
  });

  it('is resumed by its id as the shard that it was, and as no other', async () => {
    await using world = await setup(200, 20);
    const shard = { index: 0, count: 2 };
    const controller = new AbortController();
    const going = world.run(shard, { signal: controller.signal });
    await until(async () => (await world.worked()).length > 0);
    controller.abort(sigterm());
    const { runId, status } = await going;
    expect(status).to.equal('interrupted');
    expect(await world.ledger.run(runId)).to.deep.include({ shard });
    await world.stand.sql('update things set slow = 0');
    for (const other of [
      { index: 1, count: 2 },
      { index: 0, count: 3 },
    ]) {
      const error = await rejectionOf(world.run(other, { resumeRun: runId }));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.include(`expected the shard of run ${runId}, which is 0/2`);
    }
    const resumed = await world.run(undefined, { resumeRun: runId });
    expect(resumed).to.deep.include({ runId, status: 'succeeded', attempt: 2, shard });
    expect(await world.run({ index: 1, count: 2 })).to.include({ status: 'succeeded', attempt: 1 });
    expect(await world.worked()).to.have.length(200);
  });

  it('works the failed items of a shard again as that shard', async () => {
    await using world = await setup(40);
    await world.stand.sql('update things set bad = true where id % 4 = 0');
    const shard = { index: 1, count: 2 };
    const { runId, items } = await world.run(shard);
    expect(items.failed).to.be.above(0);
    await world.stand.sql('update things set bad = false');
    const redriven = await world.run(undefined, { redrive: { runId } });
    expect(redriven).to.deep.include({ status: 'succeeded', shard });
    expect(redriven.items).to.include({ read: items.failed, succeeded: items.failed });
    const error = await rejectionOf(world.run({ index: 0, count: 2 }, { redrive: { runId } }));
    expect(error).to.be.instanceOf(UsageError);
  });

  it('is refused before anything is claimed when the shard or the job does not fit', async () => {
    await using world = await setup(1);
    for (const shard of [
      { index: 2, count: 2 },
      { index: -1, count: 2 },
      { index: 0, count: 1_001 },
      { index: 0.5, count: 2 },
    ])
      expect(await rejectionOf(world.run(shard)), formatShard(shard)).to.be.instanceOf(UsageError);
    const whole = defineJob({ name: 'whole', summary: 'Works all there is.', run: async () => {} });
    const { ledger } = world;
    const error = await rejectionOf(runJob(whole, { ledger, shard: { index: 0, count: 2 } }));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include('expected no shard for whole');
    expect(await ledger.runs()).to.deep.equal([]);
  });
});
