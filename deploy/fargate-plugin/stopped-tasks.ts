/**
 * Tells Datadog of each task that stopped badly or never started, as the metric `stint.task_stopped`: a rule on ECS's events, and
 * a Lambda function.
 *
 * What cannot be told is tried again by Lambda, twice, and then kept in a queue that has an alarm.
 */
import { taskStoppedCode } from '../task-stopped/code.ts';
import { eventPattern } from '../task-stopped/event-pattern.ts';
import { attribute, type Resources, ref, tagList } from './cloudformation.ts';
import { stoppedDeadLetters } from './dead-letters.ts';
import { mayRead } from './execution-role.ts';
import { mayWriteLogs } from './log-groups.ts';
import { familyPrefix, ids, stoppedTasksName } from './names.ts';
import { type Plan, tagsOf } from './plan.ts';
import { role } from './role.ts';

const logsId = 'TaskStoppedLogs';
const roleId = 'TaskStoppedRole';
/** Told later than that nobody would look for its cause. */
const lookedBackS = 3_600;

export function stoppedTasks(plan: Plan): Resources {
  const { settings, place } = plan;
  const name = stoppedTasksName(place);
  const tags = tagList(tagsOf(plan));
  const queue = attribute(ids.stoppedDeadLetters, 'Arn');
  return {
    ...stoppedDeadLetters(plan),
    [logsId]: {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: `/aws/lambda/${name}`, RetentionInDays: settings.logRetentionDays, Tags: tags },
    },
    [roleId]: role({
      service: 'lambda.amazonaws.com',
      ownAccountOnly: false,
      statements: [
        ...mayRead([settings.datadog.apiKey], settings.kmsKeys),
        mayWriteLogs(logsId),
        { actions: ['sqs:SendMessage'], resources: [queue] },
      ],
      tags: tagsOf(plan),
    }),
    [ids.stoppedFunction]: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: name,
        Description: 'Counts tasks that stopped badly, for Datadog',
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Code: { ZipFile: taskStoppedCode('commonjs') },
        Role: attribute(roleId, 'Arn'),
        MemorySize: 256,
        Timeout: 20,
        DeadLetterConfig: { TargetArn: queue },
        LoggingConfig: { LogGroup: ref(logsId) },
        Environment: {
          Variables: {
            DD_API_KEY_SECRET_ARN: settings.datadog.apiKey,
            DD_SITE: settings.datadog.site,
            DD_ENV: place.stage,
            STINT_FAMILY_PREFIX: familyPrefix(place),
          },
        },
        Tags: tags,
      },
    },
    [ids.stoppedRule]: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: name,
        Description: 'Tasks that stopped badly or never started',
        State: 'ENABLED',
        EventPattern: eventPattern(attribute(ids.cluster, 'Arn')),
        Targets: [
          {
            Id: 'function',
            Arn: attribute(ids.stoppedFunction, 'Arn'),
            RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: lookedBackS },
            DeadLetterConfig: { Arn: queue },
          },
        ],
        Tags: tags,
      },
    },
    TaskStoppedRetries: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: ref(ids.stoppedFunction),
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: lookedBackS,
      },
    },
    TaskStoppedPermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: attribute(ids.stoppedFunction, 'Arn'),
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: attribute(ids.stoppedRule, 'Arn'),
      },
    },
  };
}
