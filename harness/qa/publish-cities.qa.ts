import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { connect } from '../stack/testing/connect.ts';
import { openQaWorld, type QaOptions, type QaWorld } from './qa-world.ts';

const publications = 'select count(*)::int as count from city_publications';
/** Of the volume case. */
const inPortugal = 813;
/** As many groups as the job works on at once, of 25 cities each. */
const [groups, groupSize] = [8, 25];
const [longestWaitMs, lookEveryMs] = [60_000, 5];

async function setUp(name: string, options: Partial<QaOptions> = {}) {
  const world = await openQaWorld(`publish-cities/${name}`, { ledger: 'postgres', ...options });
  return {
    ...world,
    async recorded() {
      const [row] = await world.sql<{ count: number }>(publications);
      return row?.count ?? 0;
    },
    published: async () => (await world.items('cities')).length,
  };
}

/**
 * Stops a run on Portugal's cities in its tracks: one city of each group but the first is held by a transaction of our
 * own, so that every worker of the pool waits for it. Resolves when they all do.
 */
async function holdGroups({ stores, sql }: QaWorld) {
  const client = await connect(stores.fork.postgresUrl);
  await client.query('begin');
  await client.query(
    `insert into city_publications (city_id, hash, published_at)
     select id, 'held', now() from (select id, row_number() over (order by id) as place from cities where country = 'PT') as ours
      where place % $1 = 0 and place / $1 between 2 and $2`,
    [groupSize, groups + 1],
  );
  const waiting = `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  const release = async () => {
    await client.query('rollback');
    await client.end();
  };
  let released: Promise<void> | undefined;
  return {
    async full() {
      const deadlineMs = performance.now() + longestWaitMs;
      for (;;) {
        const [row] = await sql<{ count: number }>(waiting);
        if (row?.count === groups) return;
        if (performance.now() > deadlineMs) throw new Error(`waited in vain for ${groups} groups to be held`);
        await delay(lookEveryMs);
      }
    },
    release: () => {
      released ??= release();
      return released;
    },
    [Symbol.asyncDispose]() {
      return this.release();
    },
  };
}

describe('publish-cities', () => {
  it('publishes all cities in a full run', async () => {
    await using world = await setUp('happy');
    const { exitCode, summary } = await world.run('run on 40 cities');
    expect(exitCode).to.equal(0);
    expect(summary.items).to.include({ read: 40, succeeded: 40, failed: 0, remaining: 0 });
    expect(await world.published()).to.equal(40);
    expect(await world.recorded()).to.equal(40);
  });

  it('publishes the cities of one country alone when it is scoped to it', async () => {
    await using world = await setUp('happy');
    const { exitCode, summary } = await world.run('run for Kenya', { scope: { country: 'KE' } });
    expect(exitCode).to.equal(0);
    const countries = (await world.items<{ country: string }>('cities')).map(({ country }) => country);
    expect(new Set(countries)).to.deep.equal(new Set(['KE']));
    expect(summary.items.succeeded).to.equal(countries.length);
  });

  it('writes nothing in a dry run, and tells what it would write', async () => {
    await using world = await setUp('happy');
    const { summary } = await world.run('dry run', { dryRun: true });
    expect(summary).to.include({ dryRun: true, status: 'succeeded' });
    expect(summary.wouldWrite).to.not.deep.equal({});
    expect(await world.published()).to.equal(0);
  });

  it('skips all cities when it runs a second time, and publishes those that have changed since', async () => {
    await using world = await setUp('happy');
    await world.run('first run');
    const second = await world.run('second run');
    expect(second.summary.items).to.include({ read: 40, succeeded: 0, skipped: 40 });
    await world.sql(`update cities set population = population + 1 where country = 'KE'`);
    const third = await world.run('third run, after the population of Kenya’s cities has changed');
    expect(third.summary.counts).to.deep.equal({
      published: second.summary.items.read - (third.summary.skipped.unchanged ?? 0),
    });
    expect(third.summary.items.succeeded).to.be.greaterThan(0);
  });

  it('fails when DynamoDB is down, and publishes all cities when it is back', async () => {
    await using world = await setUp('happy');
    const down = await world.run('run while nothing listens at DynamoDB’s address', {
      environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
    });
    expect(down.exitCode).to.equal(1);
    expect(await world.recorded(), 'cities recorded as published').to.equal(0);
    const back = await world.run('run when it is back');
    expect(back.summary.items).to.include({ read: 40, succeeded: 40 });
  });

  it('saves its place when it is told to end (SIGTERM), and the next start goes on from there', async () => {
    await using world = await setUp('all');
    const scope = { country: 'PT' };
    await using held = await holdGroups(world);
    await using run = world.start('run for Portugal, told to end in mid-run', { scope });
    await held.full();
    run.kill('SIGTERM');
    await held.release();
    const interrupted = await run.ended;
    expect(interrupted.exitCode).to.equal(143);
    expect(interrupted.summary.items.remaining).to.be.greaterThan(0);
    expect(await world.recorded()).to.equal(interrupted.summary.items.succeeded);

    const resumed = await world.run('the next start', { scope });
    expect(resumed.exitCode).to.equal(0);
    expect(resumed.summary).to.include({ runId: interrupted.summary.runId, attempt: 2 });
    expect(await world.recorded()).to.equal(inPortugal);
    expect(await world.published()).to.equal(inPortugal);
  });

  it('recovers from a crash (SIGKILL): the next start takes over when the lease has expired, and nothing is lost', async () => {
    await using world = await setUp('all', { leaseTtlMs: 1_500 });
    const scope = { country: 'PT' };
    await using held = await holdGroups(world);
    await using run = world.start('run for Portugal, killed in mid-run', { scope });
    await held.full();
    run.kill('SIGKILL');
    expect(await run.ended).to.include({ exitCode: null, signal: 'SIGKILL' });
    await held.release();

    let next = await world.run('the next start', { scope });
    while (next.exitCode === 75) next = await world.run('the start after that', { scope });
    expect(next.exitCode).to.equal(0);
    expect(next.summary.resume.recovered).to.equal(true);
    expect(await world.recorded()).to.equal(inPortugal);
    expect(await world.published()).to.equal(inPortugal);
  });

  it('refuses the second delivery of the same schedule, which is no failure', async () => {
    await using world = await setUp('happy');
    const start = { scheduledTime: '2026-09-30T00:00:00Z' };
    const first = await world.run('start by the schedule of midnight', start);
    const second = await world.run('the same start, delivered again', start);
    expect(first.summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(second.summary).to.include({ status: 'refused', exitCode: 0 });
  });

  it('refuses a scope that does not fit (64), and a missing database (78), before it does anything', async () => {
    await using world = await setUp('happy');
    const unfit = await world.run('run for "Kenya"', { scope: { country: 'Kenya' } });
    expect(unfit.exitCode).to.equal(64);
    expect(unfit.said).to.include('scope.country');
    const unset = await world.run('run without the database’s address', { environment: { DATABASE_URL: undefined } });
    expect(unset.exitCode).to.equal(78);
    expect(unset.said).to.include('DATABASE_URL');
    expect(await world.published()).to.equal(0);
  });
}).timeout(180_000);
