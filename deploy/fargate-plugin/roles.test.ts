import { readdirSync, readFileSync } from 'node:fs';
import { jobs } from '@stint/jobs/registry';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { arn, attribute, partitionArn } from './cloudformation.ts';
import { jobIds } from './names.ts';
import { ledgerActions, tableActions } from './task-role.ts';
import { makeTemplate } from './template.ts';
import { examplePlan, idleJob, type PlanChanges, propertiesOf } from './testing/example-plan.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly unknown[];
  readonly Condition?: unknown;
}

function statementsOf(changes: PlanChanges, id: string): readonly Statement[] {
  const { Policies = [] } = propertiesOf(makeTemplate(examplePlan(changes)), id);
  return Policies.flatMap(
    ({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement,
  );
}

/** What is allowed by the first action of a statement. */
const allowed = (statements: readonly Statement[], action: string) =>
  statements.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);

const secret = (name: string) => `arn:aws:secretsmanager:eu-central-1:111122223333:secret:stint/example/${name}-AbCdEf`;

describe('executionRole', () => {
  it('may pull from the repository of the image, and from no other', () => {
    const statements = statementsOf({}, 'PublishCitiesExecutionRole');
    expect(allowed(statements, 'ecr:BatchGetImage')).to.deep.equal([
      partitionArn('ecr:eu-central-1:111122223333:repository/stint'),
    ]);
  });

  it('asks ECR for nothing when the image is elsewhere', () => {
    const statements = statementsOf(
      { settings: { image: `ghcr.io/somebody/stint@sha256:${'0'.repeat(64)}` } },
      'PublishCitiesExecutionRole',
    );
    expect(JSON.stringify(statements)).to.not.include('ecr:');
  });

  it('may read the secrets of its job, whole, and no others', () => {
    const cities = statementsOf({}, 'PublishCitiesExecutionRole');
    expect(allowed(cities, 'secretsmanager:GetSecretValue')).to.deep.equal([
      secret('database-url'),
      secret('datadog-api-key'),
    ]);
    const payments = statementsOf({}, 'PollPaymentStatusExecutionRole');
    expect(allowed(payments, 'secretsmanager:GetSecretValue')).to.include(secret('payments'));
    expect(allowed(payments, 'ssm:GetParameters')).to.deep.equal([
      'arn:aws:ssm:eu-central-1:111122223333:parameter/stint/example/slack-webhook-url',
    ]);
  });

  it('may decrypt with the keys of the settings, and with none else', () => {
    const key = 'arn:aws:kms:eu-central-1:111122223333:key/0000';
    expect(
      allowed(statementsOf({ settings: { kmsKeys: [key] } }, 'PublishCitiesExecutionRole'), 'kms:Decrypt'),
    ).to.deep.equal([key]);
    expect(allowed(statementsOf({}, 'PublishCitiesExecutionRole'), 'kms:Decrypt')).to.deep.equal([]);
  });
});

describe('taskRole', () => {
  it('may use the tables of its job, by their full names, and no others', () => {
    const job = idleJob({ tables: { seen: 'read', kept: 'write' } });
    const statements = statementsOf({ jobs: [job] }, 'IdleTaskRole');
    const seen = [arn('dynamodb', 'table/example-seen'), arn('dynamodb', 'table/example-seen/index/*')];
    const kept = [arn('dynamodb', 'table/example-kept'), arn('dynamodb', 'table/example-kept/index/*')];
    const ledger = arn('dynamodb', 'table/stint-example-ledger');
    expect(allowed(statements, 'dynamodb:Scan')).to.deep.equal([...seen, ...kept]);
    expect(allowed(statements, 'dynamodb:PutItem')).to.deep.equal([...kept, ledger]);
  });

  it('may do what Stint calls DynamoDB for, and nothing else', () => {
    const jobCalls = commandsIn('ports', 'sources');
    expect(jobCalls).to.not.be.empty;
    // A transaction is allowed by what is in it.
    const { TransactWrite, ...calls } = jobCalls;
    expect(TransactWrite).to.equal(true);
    expect([...tableActions.write].sort()).to.deep.equal(
      [...Object.keys(calls).map(actionOf), 'ConditionCheckItem'].sort(),
    );
    const { CreateTable, UpdateTimeToLive, DescribeTasks, ...ledgerCalls } = commandsIn('ledger');
    expect([...ledgerActions].sort()).to.deep.equal(Object.keys(ledgerCalls).map(actionOf).sort());
    expect(DescribeTasks).to.equal(true);
  });

  it('may ask for tasks of its own cluster when the ledger has leases of tasks', () => {
    expect(allowed(statementsOf({}, 'PublishCitiesTaskRole'), 'ecs:DescribeTasks')).to.deep.equal([
      arn('ecs', 'task/stint-example/*'),
    ]);
  });

  it('may log in to the database with a token when it uses it', () => {
    const databaseUser = 'arn:aws:rds-db:eu-central-1:111122223333:dbuser:cluster-1/stint';
    const { env } = examplePlan().settings;
    const settings = { databaseUser, env: { ...env, DATABASE_AUTH: 'iam' } };
    expect(allowed(statementsOf({ settings }, 'PublishCitiesTaskRole'), 'rds-db:connect')).to.deep.equal([
      databaseUser,
    ]);
    expect(allowed(statementsOf({ settings }, 'SyncExchangeRatesTaskRole'), 'rds-db:connect')).to.deep.equal([]);
  });
});

describe('startRole', () => {
  it('may start its own job in the cluster, with its two roles, and tell the queue', () => {
    for (const { name } of jobs) {
      const ids = jobIds(name);
      const statements = statementsOf({}, ids.startRole);
      expect(statements).to.deep.equal([
        {
          Effect: 'Allow',
          Action: ['ecs:RunTask'],
          Resource: [arn('ecs', `task-definition/stint-example-${name}:*`)],
          Condition: { ArnEquals: { 'ecs:cluster': attribute('Cluster', 'Arn') } },
        },
        {
          Effect: 'Allow',
          Action: ['ecs:TagResource'],
          Resource: [arn('ecs', 'task/stint-example/*')],
          Condition: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
        },
        {
          Effect: 'Allow',
          Action: ['iam:PassRole'],
          Resource: [attribute(ids.executionRole, 'Arn'), attribute(ids.taskRole, 'Arn')],
          Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
        },
        { Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [attribute('StartDeadLetters', 'Arn')] },
      ]);
    }
  });

  it('is taken on by what starts the job, for this account only', () => {
    const trusts = (by: 'scheduler' | 'rule') => {
      const job = idleJob({ schedule: { rate: '1 hour', by } });
      const [statement] = propertiesOf(makeTemplate(examplePlan({ jobs: [job] })), 'IdleStartRole')
        .AssumeRolePolicyDocument.Statement;
      expect(statement.Condition).to.deep.equal({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
      return statement.Principal.Service;
    };
    expect(trusts('scheduler')).to.equal('scheduler.amazonaws.com');
    expect(trusts('rule')).to.equal('events.amazonaws.com');
  });
});

describe('the role of the admin', () => {
  it('may start the jobs and see their tasks, and has no table of theirs', () => {
    const statements = statementsOf({}, 'AdminServiceTaskRole');
    const starts = propertiesOf(makeTemplate(examplePlan()), 'AdminServiceStarts1');
    expect(starts.Roles).to.deep.equal([{ Ref: 'AdminServiceTaskRole' }]);
    expect(allowed(starts.PolicyDocument.Statement, 'ecs:RunTask')).to.deep.equal(
      jobs.map(({ name }) => arn('ecs', `task-definition/stint-example-${name}:*`)),
    );
    expect(allowed(starts.PolicyDocument.Statement, 'iam:PassRole')).to.have.length(2 * jobs.length);
    expect(allowed(statements, 'dynamodb:GetItem')).to.deep.equal([arn('dynamodb', 'table/stint-example-ledger')]);
    expect(statements.flatMap(({ Action }) => Action)).to.not.include('dynamodb:Scan');
  });
});

/** Commands of the AWS SDK that are sent in these rooms of the SDK. */
function commandsIn(...rooms: readonly string[]): Record<string, true> {
  const texts = rooms.flatMap((room) => {
    const folder = new URL(`../../sdk/${room}/`, import.meta.url);
    return readdirSync(folder)
      .filter((file) => file.startsWith('dynamodb') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'));
  });
  const names = texts.flatMap((text) => [...text.matchAll(/new (\w+)Command\(/g)].map(([, name = '']) => name));
  return Object.fromEntries(names.map((name) => [name, true]));
}

/** `PutCommand` of the document client sends `PutItem`. */
function actionOf(command: string): string {
  const short: Readonly<Record<string, string>> = { BatchGet: 'BatchGetItem', BatchWrite: 'BatchWriteItem' };
  return short[command] ?? (/^(Get|Put|Update|Delete)$/.test(command) ? `${command}Item` : command);
}
