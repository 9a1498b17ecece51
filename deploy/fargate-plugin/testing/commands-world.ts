/** A world for the commands: three jobs, settings and a template for them, a fake account, a clock that jumps. */
import { type Clock, defineJob, type EnvironmentValues, type Job } from '@stint/sdk';
import { z } from 'zod';
import { openClients } from '../commands/clients.ts';
import type { JobsWorld, Out, Template } from '../commands/world.ts';
import { settingsSchema } from '../settings.ts';

export const nowMs = Date.parse('2026-11-29T20:00:00Z');

export const jobs: readonly Job[] = [
  defineJob({
    name: 'poll-payment-status',
    summary: 'Asks the provider about every pending payment and settles it.',
    scope: z.object({ tenantId: z.string().min(1).optional() }),
    secrets: ['DATABASE_URL', 'PAYMENTS_API_KEY'],
    schedule: { rate: '15 minutes' },
    limits: { tolerate: { failures: 25, percent: 5 } },
    async run() {},
  }) as unknown as Job,
  defineJob({
    name: 'publish-cities',
    summary:
      'Publishes changed cities from Postgres to the DynamoDB table that search reads, and tells nobody else of it.',
    secrets: ['DATABASE_URL'],
    tables: { cities: 'write' },
    task: { cpu: 1_024, memoryMb: 2_048, diskGb: 50, spot: true },
    schedule: { cron: '0 6 ? * MON-FRI *', timezone: 'Europe/Berlin', overlap: 'wait' },
    async run() {},
  }) as unknown as Job,
  defineJob({ name: 'repair', summary: 'Mends what is broken.', async run() {} }) as unknown as Job,
];

export const settings = settingsSchema.parse({
  image: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/stint@sha256:${'01'.repeat(32)}`,
  vpc: { subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'] },
  secrets: {
    DATABASE_URL: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:stint/db-AbCdEf:url::',
    PAYMENTS_API_KEY: 'arn:aws:ssm:eu-central-1:123456789012:parameter/stint/payments-key',
  },
  datadog: {
    site: 'datadoghq.eu',
    apiKey: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:datadog-AbCdEf',
    notify: '@slack-ops',
  },
});

export const place = { service: 'stint', stage: 'dev', region: 'eu-central-1' };

const role = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

function taskDefinition(job: string, cpu: number, memory: number) {
  return {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      Family: `stint-dev-${job}`,
      Cpu: String(cpu),
      Memory: String(memory),
      TaskRoleArn: role('TaskRole'),
      ExecutionRoleArn: role('ExecutionRole'),
      ContainerDefinitions: [
        {
          Name: 'app',
          Image: settings.image,
          Essential: true,
          StopTimeout: 120,
          Environment: [{ Name: 'AWS_REGION', Value: { Ref: 'AWS::Region' } }],
          Secrets: [{ Name: 'DATABASE_URL', ValueFrom: settings.secrets.DATABASE_URL }],
        },
      ],
    },
  };
}

export const template: Template = {
  Resources: {
    Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'stint-dev' } },
    Schedules: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'stint-dev' } },
    TaskRole: { Type: 'AWS::IAM::Role' },
    ExecutionRole: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'stint-dev-execution' } },
    SchedulerRole: { Type: 'AWS::IAM::Role' },
    DeadLetters: { Type: 'AWS::SQS::Queue' },
    PollPaymentStatusTask: taskDefinition('poll-payment-status', 512, 1_024),
    RepairTask: taskDefinition('repair', 512, 1_024),
    PollPaymentStatusSchedule: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: 'stint-dev-poll-payment-status',
        GroupName: { Ref: 'Schedules' },
        ScheduleExpression: 'rate(15 minutes)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: 'arn:aws:scheduler:::aws-sdk:ecs:runTask',
          RoleArn: role('SchedulerRole'),
          Input: {
            // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders
            'Fn::Sub': '{"Cluster":"${Cluster}","TaskDefinition":"${PollPaymentStatusTask}","Count":1}',
          },
          RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 900 },
          DeadLetterConfig: { Arn: role('DeadLetters') },
        },
      },
    },
    StoppedTasks: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: ['aws.ecs'] } } },
  },
};

/** Sleeps end at once, and time has passed. */
export class JumpingClock implements Clock {
  readonly slept: number[] = [];
  #passedMs = 0;

  now(): number {
    return nowMs + this.#passedMs;
  }

  monotonicMs(): number {
    return this.#passedMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    this.#passedMs += ms;
  }

  setTimer(): never {
    throw new Error('no command sets timers');
  }
}

export class Lines implements Out {
  readonly width = 80;
  readonly printed: string[] = [];
  readonly noted: string[] = [];

  print(text: string): void {
    this.printed.push(text);
  }

  note(text: string): void {
    this.noted.push(text);
  }

  get text(): string {
    return this.printed.join('\n');
  }

  get notes(): string {
    return this.noted.join('\n');
  }
}

export interface TestWorld extends JobsWorld {
  readonly clock: JumpingClock;
  readonly out: Lines;
}

export function testWorld(environment: EnvironmentValues = {}, changes: Partial<JobsWorld> = {}): TestWorld {
  const clock = new JumpingClock();
  const out = new Lines();
  // One attempt: that a call is made again is the AWS SDK's part, and waits in earnest.
  const clients = openClients({ region: place.region, environment, attempts: 1 });
  const signal = new AbortController().signal;
  return { jobs, settings, place, template, clients, signal, ...changes, clock, out };
}
