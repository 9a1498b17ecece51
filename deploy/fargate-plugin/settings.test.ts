import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readSettings } from './settings.ts';
import { exampleGiven } from './testing/example-plan.ts';

const problemsOf = (changes: object) => readSettings({ ...exampleGiven(), ...changes }, 'the file').problems;
const withSecret = (arn: string) => ({ secrets: { DATABASE_URL: arn } });
const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:stint/database-AbCdEf';

describe('readSettings', () => {
  it('fills in what may be left out', () => {
    const { image, vpc, datadog: given } = exampleGiven();
    const { runbook, ...datadog } = given as Readonly<Record<string, unknown>>;
    const { settings } = readSettings({ image, vpc, datadog }, 'the file');
    expect(settings).to.deep.include({
      region: 'eu-central-1',
      env: {},
      secrets: {},
      kmsKeys: [],
      logRetentionDays: 30,
    });
    expect(settings?.datadog).to.include({ monitors: 'api', runbook: 'deploy/README.md' });
    expect(settings?.vpc.assignPublicIp).to.equal(false);
  });

  it('takes a secret whole, a member of it, and a parameter', () => {
    for (const one of [
      arn,
      `${arn}:url::`,
      `${arn}:url:AWSCURRENT:`,
      'arn:aws-cn:ssm:cn-north-1:111122223333:parameter/a/b',
    ])
      expect(problemsOf(withSecret(one)), one).to.deep.equal([]);
  });

  it('says of a file that holds a list what it should be', () => {
    expect(readSettings([], 'the file').problems).to.deep.equal([
      'the settings: expected object, received array (the file)',
    ]);
  });

  it('refuses a secret that ECS or IAM would not find, and does not tell what was given', () => {
    for (const one of [
      'hunter2',
      arn.replace('-AbCdEf', ''),
      `${arn}:url`,
      `${arn} `,
      arn.replace('111122223333', '1'),
    ]) {
      const [line, ...more] = problemsOf(withSecret(one));
      expect(line, one)
        .to.match(/^secrets\.DATABASE_URL: expected the ARN of a secret/)
        .and.not.include(one);
      expect(more).to.deep.equal([]);
    }
  });

  it('takes an image by tag and by digest, and refuses what is half of one', () => {
    const digest = `sha256:${'0a'.repeat(32)}`;
    for (const image of [
      'stint',
      'stint:1',
      'localhost:5000/a/stint',
      `ghcr.io/a/stint@${digest}`,
      `a/stint:1@${digest}`,
    ])
      expect(problemsOf({ image }), image).to.deep.equal([]);
    for (const image of [
      '',
      'a/stint@sha256:<digest>',
      'a/stint@sha256:0a',
      'a/stint@',
      '<repository>:1',
      'a b',
      'a::1',
    ])
      expect(problemsOf({ image }), image).to.have.length(1);
  });

  it("wants Datadog's key in Secrets Manager, where the function that counts stopped tasks reads it", () => {
    const datadog = { apiKey: 'arn:aws:ssm:eu-central-1:111122223333:parameter/key', notify: '@ops' };
    expect(problemsOf({ datadog })).to.have.length(1);
  });

  it('tells of each thing that is missing or is not what it should be, by its path', () => {
    const given = {
      ...exampleGiven(),
      vpc: { subnets: ['sub-1'], securityGroups: [] },
      region: 'Europe',
      env: { 'a-b': 'c' },
    };
    const { problems } = readSettings(given, 'the file');
    expect(problems.map((line) => line.split(':')[0])).to.have.members([
      'region',
      'vpc.subnets.0',
      'vpc.securityGroups',
      'env.a-b',
    ]);
  });

  it('takes users of a database that have other signs in their names', () => {
    const userOf = (name: string) =>
      problemsOf({ databaseUser: `arn:aws:rds-db:eu-central-1:111122223333:dbuser:db-A1/${name}` });
    for (const name of ['stint', 'stint-worker', 'stint.worker', 'worker@jobs'])
      expect(userOf(name), name).to.deep.equal([]);
    for (const name of ['', '*', 'a/b']) expect(userOf(name), name).to.have.length(1);
  });

  it('says how to begin when there is nothing', () => {
    for (const nothing of [undefined, null])
      expect(readSettings(nothing, 'the file').problems).to.deep.equal([
        'expected the settings of the stage in the file, got none; copy deploy/stages/example.json',
      ]);
  });
});
