import { jobs } from '@stint/jobs/registry';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Template } from './cloudformation.ts';
import { jobIds } from './names.ts';
import { makeTemplate } from './template.ts';
import { checkNames, checkTemplate, typeOf, visit } from './testing/check-template.ts';
import { datadogMonitorType } from './testing/datadog-monitor-type.ts';
import { examplePlan, idleJob } from './testing/example-plan.ts';

const apiKey = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:stint/datadog-AbCdEf';
const databaseUrl = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:stint/database-AbCdEf';

/** Every part of a template is in one of these. */
const plans = {
  'the example': examplePlan(),
  'no more than is needed': examplePlan({
    jobs: [idleJob()],
    settings: {
      image: 'ghcr.io/somebody/stint:1',
      env: { STINT_LEDGER: 'postgres' },
      secrets: { DATABASE_URL: databaseUrl },
      admin: undefined,
      alarmTopic: undefined,
    },
  }),
  'all that there is': examplePlan({
    jobs: [
      ...jobs,
      idleJob({
        name: 'by-rule',
        schedule: { cron: '0 6 * * ? *', by: 'rule', retry: { attempts: 2, maxAgeMs: 120_000 } },
        task: { cpu: 1_024, memoryMb: 4_096, diskGb: 50, architecture: 'x64', spot: true },
        tables: { cities: 'read', 'exchange-rates': 'write' },
        alarms: { longerThanMs: 60_000, missedAfterMs: 3_600_000, failedItems: 3 },
      }),
    ],
    settings: {
      vpc: { subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: true },
      kmsKeys: ['arn:aws:kms:eu-central-1:111122223333:key/0000'],
      env: {
        STINT_LEDGER: 'postgres',
        DATABASE_AUTH: 'iam',
        DATABASE_URL: 'postgres://stint@database.example/stint',
        PAYMENTS_API_URL: 'https://payments.example',
        RATES_API_URL: 'https://rates.example',
      },
      databaseUser: 'arn:aws:rds-db:eu-central-1:111122223333:dbuser:cluster-1/stint',
      datadog: { apiKey, notify: '@slack-ops', monitors: 'cloudformation' },
      sidecars: { agent: '111122223333.dkr.ecr.eu-central-1.amazonaws.com/agent:7.84.6' },
    },
  }),
};

describe('makeTemplate', () => {
  for (const [name, plan] of Object.entries(plans)) {
    describe(`of ${name}`, () => {
      const template = makeTemplate(plan);

      it('has no property that AWS does not know, none missing, and none of another kind', () => {
        expect(checkTemplate(template)).to.deep.equal([]);
      });

      it('names nothing that it does not have', () => {
        expect(checkNames(template)).to.deep.equal([]);
      });

      it('has its tags on all that can have some', () => {
        const untagged = Object.entries(template.Resources)
          .filter(([, { Type }]) => Type !== datadogMonitorType && typeOf({ Type }).tagInformation !== undefined)
          .filter(([, { Properties }]) => !JSON.stringify(Properties.Tags ?? []).includes('"stage"'))
          .map(([id]) => id);
        expect(untagged).to.deep.equal([]);
      });

      it('allows nothing on everything but what cannot be narrowed', () => {
        expect(wideActions(template).filter((action) => !(action in mayBeWide))).to.deep.equal([]);
      });
    });
  }

  it('has a task, its roles and, where the job has a schedule, a start for each job of the registry', () => {
    const { Resources } = makeTemplate(examplePlan());
    for (const { name, schedule } of jobs) {
      const ids = jobIds(name);
      expect(Resources[ids.taskDefinition]?.Type, name).to.equal('AWS::ECS::TaskDefinition');
      expect(Resources[ids.executionRole]?.Type, name).to.equal('AWS::IAM::Role');
      expect(Resources[ids.taskRole]?.Type, name).to.equal('AWS::IAM::Role');
      if (schedule === undefined) continue;
      expect(Resources[ids.startRole]?.Type, name).to.equal('AWS::IAM::Role');
      expect(Resources[ids.schedule]?.Type, name).to.equal('AWS::Scheduler::Schedule');
    }
  });

  it('has the monitors of each job of the registry when settings say so, and none else', () => {
    const idsOf = (template: Template) =>
      Object.entries(template.Resources).flatMap(([id, { Type }]) => (Type === datadogMonitorType ? [id] : []));
    expect(idsOf(makeTemplate(examplePlan()))).to.deep.equal([]);
    const ids = idsOf(makeTemplate(plans['all that there is']));
    for (const { name } of jobs)
      for (const kind of ['run-failed', 'start-failed', 'run-missed', 'run-too-long', 'items-failed'])
        expect(ids).to.include(jobIds(name).monitor(kind));
  });

  it('makes the same of the same, and of settings in another order', () => {
    const { env, secrets } = examplePlan().settings;
    const reversed = (record: object) => Object.fromEntries(Object.entries(record).reverse());
    const other = examplePlan({ settings: { env: reversed(env), secrets: reversed(secrets) } });
    expect(JSON.stringify(makeTemplate(other))).to.equal(JSON.stringify(makeTemplate(examplePlan())));
  });

  it('replaces revisions for another image, and nothing that a task in flight stands on', () => {
    const { Resources } = makeTemplate(examplePlan());
    const { image } = examplePlan().settings;
    const other = makeTemplate(examplePlan({ settings: { image: image.replace(/0{64}$/, '1'.repeat(64)) } }));
    const changed = Object.entries(other.Resources).filter(
      ([id, one]) => JSON.stringify(one) !== JSON.stringify(Resources[id]),
    );
    expect(changed).to.have.length(jobs.length + 1);
    for (const [id, { Type, UpdateReplacePolicy }] of changed)
      expect({ Type, UpdateReplacePolicy }, id).to.deep.equal({
        Type: 'AWS::ECS::TaskDefinition',
        UpdateReplacePolicy: 'Retain',
      });
  });

  it('has no start for a job without a schedule', () => {
    const { Resources } = makeTemplate(plans['no more than is needed']);
    expect(Resources).to.include.keys('IdleTaskDefinition').and.not.include.keys('IdleSchedule', 'IdleStartRole');
  });
});

/** Why each of them is allowed on `*`. */
const mayBeWide: Readonly<Record<string, string>> = {
  'ecr:GetAuthorizationToken': 'is of the registry, and takes no resource',
};

/** Actions that are allowed on everything. */
function wideActions(template: Template): readonly string[] {
  const actions: string[] = [];
  visit(template.Resources, (name, value) => {
    if (name !== 'Statement') return;
    for (const { Effect, Action, Resource } of value as readonly {
      Effect: string;
      Action: unknown;
      Resource?: unknown;
    }[]) {
      if (Effect === 'Allow' && [Resource].flat().includes('*')) actions.push(...([Action].flat() as string[]));
      expect(`${[Action].flat()}`, 'no action stands for others').to.not.include('*');
    }
  });
  return actions;
}
