/** Queues of what came to nothing, with an alarm each: a message in one of them is something that somebody has to look at. */
import { attribute, type Resource, type Resources, ref, tagList } from './cloudformation.ts';
import { ids } from './names.ts';
import { type Plan, tagsOf } from './plan.ts';

const keptSeconds = 14 * 24 * 60 * 60;

/** Starts that ECS did not take. `rules`: logical ids of the rules that put theirs here. */
export function startDeadLetters(plan: Plan, rules: readonly string[]): Resources {
  return deadLetters(plan, ids.startDeadLetters, { about: 'a start was given up', runbook: 'start-failed' }, rules);
}

/** Events of tasks that stopped which were not told. */
export function stoppedDeadLetters(plan: Plan): Resources {
  const about: AlarmText = { about: 'a stopped task was not counted', runbook: 'stopped-task-not-counted' };
  return deadLetters(plan, ids.stoppedDeadLetters, about, [ids.stoppedRule]);
}

function deadLetters(plan: Plan, id: string, about: AlarmText, rules: readonly string[]): Resources {
  const queue: Resource = {
    Type: 'AWS::SQS::Queue',
    Properties: { MessageRetentionPeriod: keptSeconds, SqsManagedSseEnabled: true, Tags: tagList(tagsOf(plan)) },
  };
  const alarm = startAlarm(plan, about, {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: attribute(id, 'QueueName') }],
    Statistic: 'Maximum',
    Threshold: 0,
  });
  return {
    [id]: queue,
    [`${id}Alarm`]: alarm,
    ...(rules.length === 0 ? {} : { [`${id}Policy`]: policyFor(id, rules) }),
  };
}

function policyFor(queue: string, rules: readonly string[]): Resource {
  return {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [ref(queue)],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: attribute(queue, 'Arn'),
            Condition: { ArnEquals: { 'aws:SourceArn': rules.map((rule) => attribute(rule, 'Arn')) } },
          },
        ],
      },
    },
  };
}

export interface WatchedMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: Resource['Properties'][string] }[];
  readonly Statistic: 'Sum' | 'Maximum';
  /** More within five minutes is too often. */
  readonly Threshold: number;
}

export interface AlarmText {
  readonly about: string;
  /** The part of the runbook that tells what to do, as `deploy/README.md` has it. */
  readonly runbook: 'start-failed' | 'stopped-task-not-counted';
}

export function startAlarm(plan: Plan, { about, runbook }: AlarmText, metric: WatchedMetric): Resource {
  const { alarmTopic, datadog } = plan.settings;
  const { service, stage } = plan.place;
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmDescription: `${service} ${stage}: ${about}; what to do: ${datadog.runbook}#${runbook}`,
      ...metric,
      Dimensions: metric.Dimensions.map(({ Name, Value }) => ({ Name, Value })),
      Period: 300,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      ...(alarmTopic === undefined ? {} : { AlarmActions: [alarmTopic] }),
      Tags: tagList(tagsOf(plan)),
    },
  };
}
