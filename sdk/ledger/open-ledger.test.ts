import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EnvironmentError } from '../errors.ts';
import type { EnvironmentValues } from '../input.ts';
import { openPostgresWorld } from '../testing/postgres-world.ts';
import { DynamoLedger } from './dynamodb.ts';
import type { ClaimRequest } from './ledger.ts';
import { MemoryLedger } from './memory.ts';
import { openLedger } from './open-ledger.ts';
import { PostgresLedger } from './postgres.ts';

// Nobody answers there: nothing is asked for before the first call.
const DATABASE_URL = 'postgres://127.0.0.1:9/jobs';

/** What a ledger of this environment is. */
async function kindOf(environment: EnvironmentValues) {
  await using ledger = await openLedger(environment);
  return ledger.constructor;
}

async function problemsOf(environment: EnvironmentValues) {
  const error = await openLedger(environment).catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(EnvironmentError);
  return (error as EnvironmentError).message.split('\n').slice(1);
}

const request: ClaimRequest = {
  job: 'some-job',
  scope: {},
  trigger: { kind: 'test' },
  runId: '01M856K8D0KCDFSK7YZY5V9Q4M',
  exclusive: 'job',
  resume: 'last',
  dryRun: false,
  redriveOf: undefined,
  definition: '',
  holder: 'a test',
};

describe('openLedger', () => {
  const table: readonly (readonly [EnvironmentValues, unknown])[] = [
    [{}, MemoryLedger],
    [{ DATABASE_URL: '', STINT_LEDGER: '' }, MemoryLedger],
    [{ DATABASE_URL }, PostgresLedger],
    [{ DATABASE_URL, STINT_LEDGER: 'postgres' }, PostgresLedger],
    [{ DATABASE_URL, STINT_LEDGER: 'memory' }, MemoryLedger],
    [{ DATABASE_URL: 'nonsense', STINT_LEDGER: 'memory' }, MemoryLedger],
    [{ DATABASE_URL, STINT_LEDGER: 'dynamodb:runs', AWS_REGION: 'eu-central-1' }, DynamoLedger],
    [{ STINT_LEDGER: 'dynamodb:stint-runs_2.x', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, DynamoLedger],
  ];
  for (const [environment, kind] of table) {
    it(`opens what ${JSON.stringify(environment)} names`, async () => {
      expect(await kindOf(environment)).to.equal(kind);
    });
  }

  it('names every variable that does not fit, and shows nothing that follows a colon', async () => {
    const environment = {
      STINT_LEDGER: 'redis://:hunter2@host',
      STINT_LEASE_TTL_MS: '10s',
      STINT_RETENTION_DAYS: '-1',
    };
    expect(await problemsOf(environment)).to.deep.equal([
      '  STINT_LEASE_TTL_MS: expected a positive number up to 86400000, got "10s"',
      '  STINT_RETENTION_DAYS: expected a positive number, got "-1"',
      '  STINT_LEDGER: expected "postgres", "dynamodb:<table>" or "memory", got "redis:…"',
    ]);
  });

  const unfit: readonly (readonly [string, EnvironmentValues, readonly string[]])[] = [
    [
      'a ledger in PostgreSQL and no DATABASE_URL',
      { STINT_LEDGER: 'postgres' },
      ['  DATABASE_URL: is not set, and the ledger is there'],
    ],
    [
      'a DATABASE_URL that is no URL',
      { DATABASE_URL: 'hunter2' },
      ['  DATABASE_URL: expected a URL; what it holds is none'],
    ],
    [
      'a ledger in DynamoDB without a table, and nothing that says where',
      { STINT_LEDGER: 'dynamodb:' },
      [
        '  STINT_LEDGER: expected the name of a table after "dynamodb:", such as dynamodb:stint-runs; what it holds is none',
        '  AWS_REGION: is not set, and the ledger is in DynamoDB',
      ],
    ],
    [
      'an endpoint that is no URL',
      { STINT_LEDGER: 'dynamodb:runs', AWS_ENDPOINT_URL: 'hunter2' },
      ['  AWS_ENDPOINT_URL: expected a URL; what it holds is none'],
    ],
    [
      'a lease longer than a day',
      { STINT_LEASE_TTL_MS: '1e9' },
      ['  STINT_LEASE_TTL_MS: expected a positive number up to 86400000, got "1e9"'],
    ],
    [
      'a lease of 0 ms',
      { STINT_LEASE_TTL_MS: '0' },
      ['  STINT_LEASE_TTL_MS: expected a positive number up to 86400000, got "0"'],
    ],
  ];
  for (const [what, environment, problems] of unfit) {
    it(`refuses ${what}`, async () => {
      expect(await problemsOf(environment)).to.deep.equal(problems);
    });
  }

  it('keeps leases as long as STINT_LEASE_TTL_MS says', async () => {
    await using ledger = await openLedger({ STINT_LEASE_TTL_MS: '2500' });
    expect(await ledger.claim(request))
      .to.include({ granted: true })
      .and.have.nested.property('lease.ttlMs', 2_500);
  });

  it('keeps two ledgers of one database apart by their schemas', async () => {
    await using world = await openPostgresWorld();
    const environment = { DATABASE_URL: world.url };
    await using one = await openLedger(environment, { schema: 'one' });
    await using other = await openLedger(environment, { schema: 'other' });
    await one.claim(request);
    expect(await other.run(request.runId)).to.equal(undefined);
    expect(await other.claim(request)).to.include({ granted: true, attempt: 1 });
  });
});
