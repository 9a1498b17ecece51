import { expect } from 'chai';
import { describe, it } from 'mocha';
import { settings, template, testWorld } from '../testing/commands-world.ts';
import { Failure, openFakeAws } from '../testing/fake-aws.ts';
import { checkCommand } from './check.ts';
import type { Template } from './world.ts';

const iam = 'arn:aws:iam::123456789012:role/';
const family = 'stint-dev-poll-payment-status';

const definition = {
  revision: 7,
  cpu: '512',
  memory: '1024',
  taskRoleArn: `${iam}stint-dev-TaskRole-1X2Y`,
  executionRoleArn: `${iam}stint-dev-execution`,
  networkMode: 'awsvpc',
  containerDefinitions: [
    {
      name: 'app',
      image: settings.image,
      essential: true,
      stopTimeout: 120,
      environment: [{ name: 'AWS_REGION', value: 'eu-central-1' }],
      secrets: [{ name: 'DATABASE_URL', valueFrom: settings.secrets.DATABASE_URL }],
      mountPoints: [],
    },
  ],
};

const schedule = {
  Name: family,
  State: 'ENABLED',
  ScheduleExpression: 'rate(15 minutes)',
  ScheduleExpressionTimezone: 'UTC',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: {
    Arn: 'arn:aws:scheduler:::aws-sdk:ecs:runTask',
    RoleArn: `${iam}stint-dev-SchedulerRole-9Z`,
    Input: JSON.stringify({
      Cluster: 'stint-dev',
      TaskDefinition: `arn:aws:ecs:eu-central-1:123456789012:task-definition/${family}:7`,
      Count: 1,
    }),
    RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 900 },
    DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-central-1:123456789012:stint-dev-DeadLetters-3Q' },
  },
};

async function setup(answers: Record<string, unknown> = {}, made: Template = template) {
  const aws = await openFakeAws({
    DescribeClusters: {
      clusters: [{ status: 'ACTIVE', capacityProviders: ['FARGATE', 'FARGATE_SPOT'] }],
    },
    DescribeTaskDefinition: { taskDefinition: definition },
    GetSchedule: schedule,
    ListSchedules: { Schedules: [{ Name: family }] },
    ListRules: { Rules: [{ Name: 'stint-dev-stopped', EventPattern: '{}' }] },
    GetRole: {},
    DescribeSecret: {},
    DescribeParameters: { Parameters: [{ Name: '/stint/payments-key' }] },
    ...(answers as Record<string, object>),
  });
  const world = testWorld(aws.environment, { template: made });
  return { aws, world, out: world.out, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() };
}

async function differencesOf(answers: Record<string, unknown>, made?: Template): Promise<readonly string[]> {
  await using it = await setup(answers, made);
  expect(await checkCommand(it.world, {})).to.equal(1);
  return it.out.printed;
}

const withApp = (changes: object) => {
  const [app] = definition.containerDefinitions;
  return {
    DescribeTaskDefinition: { taskDefinition: { ...definition, containerDefinitions: [{ ...app, ...changes }] } },
  };
};

describe('fargate-plugin/commands/check', () => {
  it('ends with 0 when the account is as the template says', async () => {
    await using it = await setup();
    const code = await checkCommand(it.world, {});
    expect(it.out.printed).to.deep.equal([]);
    expect(code).to.equal(0);
    expect(it.out.notes).to.equal('stint-dev in eu-central-1 is as the jobs and the settings say');
  });

  it('asks for no value of a secret', async () => {
    await using it = await setup();
    await checkCommand(it.world, {});
    const asked = new Set(it.aws.calls.map(({ operation }) => operation));
    expect(asked).to.include('DescribeSecret').and.include('DescribeParameters');
    for (const operation of ['GetSecretValue', 'GetParameter', 'GetParameters'])
      expect(asked).not.to.include(operation);
    const secret = it.aws.calls.find(({ operation }) => operation === 'DescribeSecret');
    expect(secret?.input.SecretId).to.equal('arn:aws:secretsmanager:eu-central-1:123456789012:secret:stint/db-AbCdEf');
  });

  it('tells each difference of a task definition, and shows neither values of variables nor where secrets are', async () => {
    const lines = await differencesOf({
      DescribeTaskDefinition: ({ taskDefinition }: { taskDefinition: string }) => {
        if (taskDefinition !== family) return { taskDefinition: definition };
        const [app] = definition.containerDefinitions;
        const changed = {
          ...app,
          image: 'stint:old',
          stopTimeout: 30,
          environment: [
            { name: 'AWS_REGION', value: 'here-1' },
            { name: 'DEBUG', value: 'hush' },
          ],
          secrets: [],
        };
        const other = { name: 'other', image: 'x' };
        return { taskDefinition: { ...definition, cpu: '256', containerDefinitions: [changed, other] } };
      },
    });
    expect(lines).to.deep.equal([
      `task definition ${family}: cpu: expected 512, got 256`,
      `task definition ${family}: app's image: expected ${settings.image}, got stint:old`,
      `task definition ${family}: app's stop timeout: expected 120, got 30`,
      `task definition ${family}: app's variable AWS_REGION: expected that of the template, got another`,
      `task definition ${family}: app's secret DATABASE_URL: expected that of the template, got none`,
      `task definition ${family}: app's variable DEBUG: expected none, got one`,
      `task definition ${family}: container other: expected none, got it`,
    ]);
  });

  it('knows a role that CloudFormation has named from one that it has not', async () => {
    const other = { ...definition, executionRoleArn: `${iam}somebody-elses` };
    expect((await differencesOf({ DescribeTaskDefinition: { taskDefinition: other } }))[0]).to.equal(
      `task definition ${family}: execution role: expected arn:…:iam:…stint-dev-execution, got ${iam}somebody-elses`,
    );
  });

  it('tells each difference of a schedule', async () => {
    const { Target } = schedule;
    const Input = Target.Input.replace('"Count":1', '"Count":2');
    const changed = {
      ...schedule,
      State: 'DISABLED',
      ScheduleExpression: 'rate(1 hour)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      Target: { ...Target, Input, RetryPolicy: { MaximumRetryAttempts: 0 }, DeadLetterConfig: undefined },
    };
    expect(await differencesOf({ GetSchedule: changed })).to.deep.equal(
      [
        'expression: expected rate(15 minutes), got rate(1 hour)',
        'time zone: expected UTC, got Europe/Berlin',
        'state: expected ENABLED, got DISABLED',
        "target's attempts: expected 5, got 0",
        "target's longest age: expected 900, got none",
        "target's dead-letter queue: expected arn:…:sqs:…, got none",
        "target's input.Count: expected 1, got 2",
      ].map((line) => `schedule ${family}: ${line}`),
    );
  });

  it('tells what is missing, and schedules of jobs that are in the registry no more', async () => {
    const gone = new Failure('ResourceNotFoundException', 'no', 404);
    const lines = await differencesOf({
      DescribeClusters: { clusters: [{ status: 'ACTIVE', capacityProviders: ['FARGATE'] }] },
      DescribeTaskDefinition: new Failure('ClientException', 'Unable to describe task definition.'),
      GetSchedule: gone,
      ListSchedules: ({ NextToken }: { NextToken?: string }) =>
        NextToken
          ? { Schedules: [{ Name: 'stint-dev-old-job' }] }
          : { Schedules: [{ Name: family }], NextToken: 'more' },
      ListRules: { Rules: [{ Name: 'stint-dev-older', ScheduleExpression: 'rate(1 day)' }] },
      DescribeSecret: ({ SecretId }: { SecretId: string }) =>
        SecretId.includes('datadog') ? { DeletedDate: 1_790_000_000 } : gone,
      DescribeParameters: { Parameters: [] },
    });
    expect(lines).to.deep.equal([
      'cluster stint-dev: capacity providers: expected FARGATE_SPOT, got FARGATE',
      `task definition ${family}: expected one that is active, got none`,
      'task definition stint-dev-repair: expected one that is active, got none',
      `schedule ${family}: expected one, got none`,
      'schedule stint-dev-old-job: expected none, got one',
      'rule stint-dev-older: expected none, got one',
      'secret DATABASE_URL: expected one in the account, got none',
      'secret PAYMENTS_API_KEY: expected one in the account, got none',
      'secret datadog.apiKey: expected one in the account, got one that is to be deleted',
    ]);
  });

  it('tells that nothing is deployed where there is not even the group of the schedules', async () => {
    const gone = new Failure('ResourceNotFoundException', 'Schedule group stint-dev does not exist.', 404);
    const lines = await differencesOf({
      DescribeClusters: { clusters: [], failures: [{ reason: 'MISSING' }] },
      DescribeTaskDefinition: new Failure('ClientException', 'Unable to describe task definition.'),
      GetSchedule: gone,
      ListSchedules: gone,
      ListRules: { Rules: [] },
    });
    expect(lines).to.deep.equal([
      'cluster stint-dev: expected ACTIVE, got none',
      `task definition ${family}: expected one that is active, got none`,
      'task definition stint-dev-repair: expected one that is active, got none',
      `schedule ${family}: expected one, got none`,
    ]);
  });

  it('tells of a role that is gone', async () => {
    const lines = await differencesOf({ GetRole: new Failure('NoSuchEntity', 'no role', 404) });
    expect(lines).to.deep.equal([
      'role stint-dev-TaskRole-1X2Y: expected one, got none',
      'role stint-dev-execution: expected one, got none',
      'role stint-dev-SchedulerRole-9Z: expected one, got none',
    ]);
  });

  it('checks a classic rule and its target', async () => {
    const Name = 'stint-dev-repair';
    const Target = {
      Id: 'task',
      Arn: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
      RetryPolicy: { MaximumRetryAttempts: 5 },
      EcsParameters: { TaskDefinitionArn: { Ref: 'RepairTask' } },
    };
    const Rule = {
      Type: 'AWS::Events::Rule',
      Properties: { Name, ScheduleExpression: 'rate(1 hour)', State: 'ENABLED', Targets: [Target] },
    };
    const lines = await differencesOf(
      {
        ListRules: { Rules: [{ Name, ScheduleExpression: 'rate(1 hour)' }] },
        DescribeRule: { Name, ScheduleExpression: 'rate(2 hours)', State: 'ENABLED' },
        ListTargetsByRule: {
          Targets: [
            {
              Id: 'task',
              Arn: 'arn:aws:ecs:eu-central-1:123456789012:cluster/stint-dev',
              RetryPolicy: {},
              EcsParameters: { TaskDefinitionArn: `arn:aws:ecs:eu-central-1:123456789012:task-definition/${Name}:7` },
            },
            { Id: 'other', Arn: 'arn:aws:lambda:eu-central-1:123456789012:function:x' },
          ],
        },
      },
      { Resources: { ...template.Resources, Rule } },
    );
    expect(lines).to.deep.equal([
      `rule ${Name}: expression: expected rate(1 hour), got rate(2 hours)`,
      `rule ${Name}: target task's attempts: expected 5, got none`,
      `rule ${Name}: target other: expected none, got arn:aws:lambda:eu-central-1:123456789012:function:x`,
    ]);
  });

  it('goes on where these credentials may not look, and tells so', async () => {
    const lines = await differencesOf({
      ...withApp({ stopTimeout: 30 }),
      GetRole: new Failure('AccessDenied', 'not authorized to perform: iam:GetRole', 403),
    });
    expect(lines[0]).to.contain("app's stop timeout: expected 120, got 30");
    expect(lines.at(-1)).to.contain('expected to look at it, got AWS does not let these credentials do it');
  });

  it('puts one document on standard output when it is asked for JSON', async () => {
    await using it = await setup(withApp({ image: 'old' }));
    expect(await checkCommand(it.world, { json: true })).to.equal(1);
    expect(JSON.parse(it.out.text).differences).to.have.length(2);
  });
});
