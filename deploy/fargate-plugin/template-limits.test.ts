import { expect } from 'chai';
import { describe, it } from 'mocha';
import { familyName, longestName } from './names.ts';
import { makeTemplate } from './template.ts';
import { checkLimits } from './template-limits.ts';
import { examplePlan, idleJob, type PlanChanges } from './testing/example-plan.ts';

/** With which names of families are as long as they may be. */
const stage = 'a-stage-of-length';

const manyJobs = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    idleJob({ name: `job-${index}-`.padEnd(40, 'x'), schedule: { rate: '1 hour' } }),
  );

const problemsOf = (changes: PlanChanges) => checkLimits(makeTemplate(examplePlan({ stage, ...changes })));
const { secrets, env } = examplePlan().settings;
// Nothing that only jobs of the registry have declared.
const settings = { secrets: { STINT_SLACK_WEBHOOK_URL: secrets.STINT_SLACK_WEBHOOK_URL }, env };

describe('checkLimits', () => {
  it('has nothing against as many jobs as there is room for in a stack, with an admin that may start them all', () => {
    const jobs = manyJobs(90);
    expect(familyName({ service: 'stint', stage }, jobs[0]!.name)).to.have.length(longestName);
    expect(problemsOf({ jobs, settings })).to.deep.equal([]);
  });

  it('refuses more resources than CloudFormation takes, with those that Serverless adds', () => {
    const { Resources } = makeTemplate(examplePlan());
    const some = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');
    const ofCount = (count: number) => ({
      Resources: Object.fromEntries(Array.from({ length: count }, (_, index) => [`Queue${index}`, some[0]![1]])),
      Outputs: {},
    });
    expect(checkLimits(ofCount(498))).to.deep.equal([]);
    expect(checkLimits(ofCount(499))).to.have.length(1);
    expect(checkLimits(ofCount(499))[0]).to.match(/^expected at most 498 resources, .* got 499; /);
  });

  it('refuses a role that is allowed more than IAM has room for, by its name', () => {
    const tables = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`a-table-of-${index}`, 'write' as const]),
    );
    const problems = problemsOf({ jobs: [idleJob({ tables })], settings });
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/^IdleTaskRole: expected policies of at most 10240 characters, .* got up to \d+; /);
  });

  it('refuses a template that is longer than CloudFormation takes', () => {
    const long = { ...env, STINT_LONG: 'x'.repeat(20_000) };
    const problems = problemsOf({ jobs: manyJobs(60), settings: { ...settings, env: long } });
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/^expected a template of at most 1000000 bytes, /);
  });
});
