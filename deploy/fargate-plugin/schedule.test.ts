import { jobs } from '@stint/jobs/registry';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { triggerFrom } from '../environment.ts';
import { partitionArn, placeholder } from './cloudformation.ts';
import { jobIds, startToken } from './names.ts';
import { scheduledTime } from './schedule.ts';
import { makeTemplate } from './template.ts';
import { examplePlan, idleJob, type PlanChanges, propertiesOf } from './testing/example-plan.ts';

/** What Scheduler sends to ECS at `time`. */
function sentBy(changes: PlanChanges, id: string, time = '2026-09-30T06:00:00Z') {
  const { Target } = propertiesOf(makeTemplate(examplePlan(changes)), id);
  const [text, variables] = Target.Input['Fn::Sub'];
  return { sent: JSON.parse(text.replaceAll(scheduledTime, time)), variables, Target };
}

describe('schedule', () => {
  it('calls RunTask itself, with the revision that is deployed, in the network of the settings', () => {
    const { sent, variables, Target } = sentBy({}, 'PollPaymentStatusSchedule');
    expect(Target.Arn).to.deep.equal(partitionArn('scheduler:::aws-sdk:ecs:runTask'));
    expect(sent).to.deep.include({
      Cluster: placeholder('Cluster'),
      TaskDefinition: placeholder('TaskDefinition'),
      Count: 1,
      PropagateTags: 'TASK_DEFINITION',
    });
    expect(variables).to.deep.equal({
      Cluster: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
      TaskDefinition: { Ref: 'PollPaymentStatusTaskDefinition' },
    });
    expect(sent.NetworkConfiguration.AwsvpcConfiguration).to.deep.equal({
      Subnets: ['subnet-00000000000000001', 'subnet-00000000000000002'],
      SecurityGroups: ['sg-00000000000000001'],
      AssignPublicIp: 'DISABLED',
    });
  });

  it('tells the task its time, which is the same at each attempt and one that the task takes', () => {
    const { sent } = sentBy({}, 'PollPaymentStatusSchedule');
    const [{ Name, Environment }] = sent.Overrides.ContainerOverrides;
    expect(Name).to.equal('app');
    const environment = Object.fromEntries(
      Environment.map((one: { Name: string; Value: string }) => [one.Name, one.Value]),
    );
    expect(environment).to.deep.equal({ STINT_SCHEDULED_TIME: '2026-09-30T06:00:00Z' });
    expect(triggerFrom(environment)).to.include({ kind: 'schedule', scheduledTime: '2026-09-30T06:00:00.000Z' });
  });

  it('has a client token of job and time that ECS takes, for each job of the registry', () => {
    for (const { name } of jobs) {
      const { sent } = sentBy({}, jobIds(name).schedule);
      expect(sent.ClientToken)
        .to.equal(`stint-example-${name}-2026-09-30T06:00:00Z`)
        .and.match(/^[!-~]{1,64}$/);
    }
  });

  it('has another token for another job and another stage, however long their names are', () => {
    const long = 'a-job-with-the-longest-name-that-there-is';
    const tokens = [`${long}`, `${long}-1`, `${long}-2`].flatMap((job) =>
      ['dev', 'production'].map((stage) => startToken({ service: 'stint', stage }, job)),
    );
    expect(new Set(tokens)).to.have.property('size', 6);
    for (const token of tokens) expect(`${token}-2026-09-30T06:00:00Z`).to.match(/^[!-~]{1,64}$/);
  });

  it('writes rate, cron and time zone as EventBridge does', () => {
    const template = makeTemplate(examplePlan());
    expect(propertiesOf(template, 'PollPaymentStatusSchedule')).to.include({
      ScheduleExpression: 'rate(15 minutes)',
      ScheduleExpressionTimezone: 'UTC',
    });
    expect(propertiesOf(template, 'SyncExchangeRatesSchedule')).to.include({
      ScheduleExpression: 'cron(30 6 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
    });
  });

  it('is on spare capacity when the job says so', () => {
    const spot = idleJob({ schedule: { rate: '1 hour' }, task: { spot: true } });
    const { sent } = sentBy({ jobs: [spot] }, 'IdleSchedule');
    expect(sent.CapacityProviderStrategy).to.deep.equal([{ CapacityProvider: 'FARGATE_SPOT', Weight: 1 }]);
    expect(sentBy({}, 'PublishCitiesSchedule').sent.CapacityProviderStrategy).to.deep.equal([
      { CapacityProvider: 'FARGATE', Weight: 1 },
    ]);
  });

  it('is tried again as the job says, and then kept', () => {
    const job = idleJob({ schedule: { rate: '1 hour', retry: { attempts: 2, maxAgeMs: 120_000 } } });
    const { Target } = sentBy({ jobs: [job] }, 'IdleSchedule');
    expect(Target.RetryPolicy).to.deep.equal({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 120 });
    expect(Target.DeadLetterConfig).to.deep.equal({ Arn: { 'Fn::GetAtt': ['StartDeadLetters', 'Arn'] } });
  });
});

describe('rule', () => {
  const job = idleJob({ schedule: { cron: '0 6 * * ? *', by: 'rule', retry: { attempts: 1 } }, task: { spot: true } });
  const template = makeTemplate(examplePlan({ jobs: [job] }));
  const { Targets, ...properties } = propertiesOf(template, 'IdleRule');
  const [target] = Targets;

  it('starts the job by a rule of EventBridge instead', () => {
    expect(template.Resources.IdleRule?.Type).to.equal('AWS::Events::Rule');
    expect(properties).to.include({ ScheduleExpression: 'cron(0 6 * * ? *)', State: 'ENABLED' });
    expect(target.EcsParameters).to.deep.include({
      TaskDefinitionArn: { Ref: 'IdleTaskDefinition' },
      CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE_SPOT', Weight: 1 }],
    });
    expect(target.RetryPolicy).to.deep.equal({ MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 900 });
  });

  it('takes the place of a schedule that was deployed, and gives it back', () => {
    const scheduled = makeTemplate(examplePlan({ jobs: [idleJob({ schedule: { rate: '1 hour' } })] }));
    // "Update of resource type is not permitted", says CloudFormation of one id with two types.
    const changed = Object.entries(scheduled.Resources).filter(
      ([id, { Type }]) => (template.Resources[id]?.Type ?? Type) !== Type,
    );
    expect(changed).to.deep.equal([]);
  });

  it('tells the task the time of the event', () => {
    const { InputPathsMap, InputTemplate } = target.InputTransformer;
    expect(InputPathsMap).to.deep.equal({ time: '$.time' });
    // EventBridge puts in a text with its quotes.
    expect(JSON.parse(InputTemplate.replace('<time>', '"2026-09-30T06:00:00Z"'))).to.deep.equal({
      containerOverrides: [
        { name: 'app', environment: [{ name: 'STINT_SCHEDULED_TIME', value: '2026-09-30T06:00:00Z' }] },
      ],
    });
  });

  it('may put what was given up into the queue, and nobody else may', () => {
    const [statement, ...others] = propertiesOf(template, 'StartDeadLettersPolicy').PolicyDocument.Statement;
    expect(others).to.deep.equal([]);
    expect(statement).to.deep.include({ Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage' });
    expect(statement.Condition).to.deep.equal({
      ArnEquals: { 'aws:SourceArn': [{ 'Fn::GetAtt': ['IdleRule', 'Arn'] }] },
    });
  });
});
