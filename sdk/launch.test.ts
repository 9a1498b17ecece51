import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import type { Context } from './context.ts';
import { EnvironmentError, ScopeError } from './errors.ts';
import { defineJob } from './job.ts';
import { launchJob } from './launch.ts';
import { MemoryLedger } from './ledger/memory.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { openPostgresWorld } from './testing/postgres-world.ts';

const jobThat = (run: (ctx: Context) => Promise<void>) =>
  defineJob({ name: 'some-job', summary: 'Is a test.', scope: z.object({ id: z.string().optional() }), run });
const idle = jobThat(async () => {});

async function refusalOf(promise: Promise<unknown>): Promise<EnvironmentError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(EnvironmentError);
  return error as EnvironmentError;
}

describe('launchJob', () => {
  it('runs with an empty environment, and knows no version then', async () => {
    const summary = await launchJob(idle, { environment: {} });
    expect(summary.status).to.equal('succeeded');
    expect(summary.version).to.deep.equal({ commit: null, image: null });
  });

  it('takes the version from the environment', async () => {
    const { version } = await launchJob(idle, { environment: { STINT_COMMIT: 'abc123', STINT_IMAGE: 'stint:7' } });
    expect(version).to.deep.equal({ commit: 'abc123', image: 'stint:7' });
  });

  for (const STINT_LEDGER of [undefined, '', 'memory']) {
    it(`keeps the ledger in memory when STINT_LEDGER is ${JSON.stringify(STINT_LEDGER)} and no database is named`, async () => {
      expect((await launchJob(idle, { environment: { STINT_LEDGER } })).status).to.equal('succeeded');
    });
  }

  it('refuses a ledger that there is not', async () => {
    const { message } = await refusalOf(launchJob(idle, { environment: { STINT_LEDGER: 'redis' } }));
    expect(message).to.match(/^the ledger cannot be opened:\n {2}STINT_LEDGER: expected "postgres", .* got "redis"$/);
  });

  it('records the run in the database of DATABASE_URL unless told otherwise', async () => {
    await using world = await openPostgresWorld();
    const environment = { DATABASE_URL: world.url };
    const { runId } = await launchJob(idle, { environment });
    await using ledger = await openLedger(environment);
    expect(await ledger.run(runId)).to.include({ runId, job: 'some-job', status: 'succeeded' });
  });

  it('records the run in the ledger that it is given, leaves that open, and does not look for another', async () => {
    await using ledger = new MemoryLedger();
    const environment = { STINT_LEDGER: 'nonsense' };
    const runs = [await launchJob(idle, { environment, ledger }), await launchJob(idle, { environment, ledger })];
    expect((await ledger.runs()).map(({ runId }) => runId)).to.have.members(runs.map(({ runId }) => runId));
  });

  for (const name of ['DATABASE_URL', 'AWS_ENDPOINT_URL']) {
    it(`refuses a ${name} that is no URL, and does not show it`, async () => {
      const { message } = await refusalOf(launchJob(idle, { environment: { [name]: 'hunter2' } }));
      expect(message).to.equal(`a store cannot be reached this way:\n  ${name}: expected a URL; what it holds is none`);
    });
  }

  it('looks at no store of the environment when it is given others', async () => {
    const environment = { DATABASE_URL: 'nonsense', AWS_ENDPOINT_URL: 'nonsense' };
    const given = { stores: {}, ledger: new MemoryLedger() };
    expect((await launchJob(idle, { environment, ...given })).status).to.equal('succeeded');
  });

  it('fails the run that asks for a store which the environment does not name', async () => {
    const error = async (run: (ctx: Context) => unknown) => {
      const asks = jobThat(async (ctx) => void run(ctx));
      return (await launchJob(asks, { environment: {} })).error?.message;
    };
    expect(await error((ctx) => ctx.postgres)).to.match(/ctx\.postgres .* set DATABASE_URL$/);
    expect(await error((ctx) => ctx.dynamo)).to.match(/ctx\.dynamo .* set AWS_REGION$/);
  });

  it('opens DynamoDB when either the region or the endpoint is named', async () => {
    const asks = jobThat(async (ctx) => void ctx.dynamo);
    for (const environment of [{ AWS_REGION: 'eu-central-1' }, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }]) {
      expect((await launchJob(asks, { environment })).status).to.equal('succeeded');
    }
  });

  it('rejects a scope that does not fit', async () => {
    const thrown = await launchJob(idle, { environment: {}, scope: { ids: [] } }).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(ScopeError);
  });
});
