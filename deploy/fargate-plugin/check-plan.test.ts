import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { checkPlan } from './check-plan.ts';
import { examplePlan, idleJob, type PlanChanges } from './testing/example-plan.ts';

const problemsOf = (changes: PlanChanges) => checkPlan(examplePlan(changes), 'the file');
const { env, secrets } = examplePlan().settings;
const databaseUser = 'arn:aws:rds-db:eu-central-1:111122223333:dbuser:cluster-1/stint';

describe('checkPlan', () => {
  it('has nothing against the example', () => {
    expect(problemsOf({})).to.deep.equal([]);
  });

  it('refuses names that come to one name in CloudFormation, and names of what the stack has', () => {
    const own = { DATABASE_URL: secrets.DATABASE_URL };
    const jobs = ['part-1', 'part1', 'admin', 'task-stopped'].map((name) =>
      idleJob({ name, secrets: ['DATABASE_URL'] }),
    );
    expect(problemsOf({ jobs, settings: { secrets: own } })).to.deep.equal([
      'part1: expected a name that is told apart from part-1 without hyphens, since resources of CloudFormation have none',
      'admin: expected another name of a job: the stack has something of this name',
      'task-stopped: expected another name of a job: the stack has something of this name',
    ]);
  });

  it('takes a job that has all the time to end that there is, and refuses one that has more', () => {
    const jobs = (drainMs: number) => [idleJob({ limits: { drainMs } })];
    const settings = { secrets: {} };
    expect(problemsOf({ jobs: jobs(105_000), settings })).to.deep.equal([]);
    expect(problemsOf({ jobs: jobs(105_001), settings })).to.have.length(1);
  });

  it('refuses a cron that no year has a time for, and takes one whose times are rare or over', () => {
    const jobs = (cron: string) => [idleJob({ schedule: { cron } })];
    const settings = { secrets: {} };
    expect(problemsOf({ jobs: jobs('0 6 30 2 ? *'), settings })).to.deep.equal([
      'idle: expected schedule.cron to have a time in some year, got "0 6 30 2 ? *", which has none; look at its day and month',
    ]);
    for (const cron of ['0 6 29 2 ? *', '0 6 ? 2 MON#5 *', '0 6 3 2 ? 2020'])
      expect(problemsOf({ jobs: jobs(cron), settings }), cron).to.deep.equal([]);
  });

  it('refuses a ledger that ends with its task', () => {
    for (const ledger of [undefined, 'memory', 'dynamodb:']) {
      const { STINT_LEDGER, ...others } = env;
      const [line, ...more] = problemsOf({
        settings: { env: ledger === undefined ? others : { ...others, STINT_LEDGER: ledger } },
      });
      expect(line).to.match(/^env\.STINT_LEDGER: expected "postgres" or "dynamodb:<table>"/);
      expect(more).to.deep.equal([]);
    }
  });

  it('refuses what is set elsewhere, and a secret that nobody declares', () => {
    const settings = {
      env: { ...env, STINT_SCHEDULED_TIME: 'now', DD_ENV: 'mine' },
      secrets: { ...secrets, FORGOTTEN: secrets.DATABASE_URL },
    };
    expect(problemsOf({ settings })).to.deep.equal([
      'env.STINT_SCHEDULED_TIME: is set by the template or by who starts a task; take it out of the file',
      'env.DD_ENV: is set by the template or by who starts a task; take it out of the file',
      'secrets.FORGOTTEN: expected a job that declares it, got none; take it out of the file',
    ]);
  });

  it('wants a user of the database with tokens of IAM, and only then', () => {
    expect(problemsOf({ settings: { env: { ...env, DATABASE_AUTH: 'iam' } } })).to.deep.equal([
      'databaseUser: expected it together with env.DATABASE_AUTH "iam", got none (the file)',
    ]);
    expect(problemsOf({ settings: { databaseUser } })).to.deep.equal([
      'databaseUser: expected it together with env.DATABASE_AUTH "iam", got it alone (the file)',
    ]);
  });

  it('takes a database without a password for no secret', () => {
    const open = {
      ...env,
      DATABASE_AUTH: 'iam',
      DATABASE_URL: 'postgres://stint@database.example/stint',
      STINT_LEDGER: 'postgres',
    };
    const { DATABASE_URL, ...others } = secrets;
    expect(problemsOf({ settings: { env: open, secrets: others, databaseUser } })).to.deep.equal([]);
  });

  it('takes defaults of a job for values, and tells of a variable that does not fit without telling it', () => {
    const job = idleJob({ env: z.object({ MODE: z.enum(['fast', 'slow']).default('slow'), SIZE: z.coerce.number() }) });
    const settings = (more: object) => ({ env: { ...env, ...more }, secrets: {} });
    expect(problemsOf({ jobs: [job], settings: settings({ SIZE: '5' }) })).to.deep.equal([]);
    expect(problemsOf({ jobs: [job], settings: settings({}) })).to.deep.equal([
      'idle: SIZE is not set; put it under env in the file',
    ]);
    const [line] = problemsOf({ jobs: [job], settings: settings({ SIZE: '5', MODE: 'hunter2' }) });
    expect(line)
      .to.match(/^idle: MODE does not fit/)
      .and.not.include('hunter2');
  });
});
