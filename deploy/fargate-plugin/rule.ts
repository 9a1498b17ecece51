/**
 * Starts a job by a classic rule of EventBridge, for accounts that have them for everything.
 *
 * Does not guarantee one task a time: a rule has no client token. The ledger does: the run of a time is claimed once.
 */
import { type Job, type Schedule, startRetryOf } from '@stint/sdk';
import { attribute, type Resources, ref, tagList } from './cloudformation.ts';
import { appContainer, familyName, ids, jobIds } from './names.ts';
import { capacity, networkConfiguration } from './network.ts';
import { type Plan, tagsOf } from './plan.ts';
import { scheduleExpression } from './schedule.ts';
import { startRole } from './start-role.ts';

/** EventBridge puts the time, in quotes, for `<time>`. */
const inputTemplate = `{"containerOverrides":[{"name":"${appContainer}","environment":[{"name":"STINT_SCHEDULED_TIME","value":<time>}]}]}`;

export function rule(plan: Plan, job: Job, when: Schedule): Resources {
  const { rule: id, startRole: roleId, taskDefinition } = jobIds(job.name);
  const { attempts, maxAgeMs } = startRetryOf(when);
  return {
    [roleId]: startRole(plan, job.name, 'events.amazonaws.com'),
    [id]: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: familyName(plan.place, job.name),
        Description: job.summary.slice(0, longestDescription),
        ScheduleExpression: scheduleExpression(when),
        State: 'ENABLED',
        Targets: [
          {
            Id: 'task',
            Arn: attribute(ids.cluster, 'Arn'),
            RoleArn: attribute(roleId, 'Arn'),
            EcsParameters: {
              TaskDefinitionArn: ref(taskDefinition),
              TaskCount: 1,
              CapacityProviderStrategy: capacity(job.task.spot),
              NetworkConfiguration: networkConfiguration(plan.settings, 'AwsVpcConfiguration'),
              EnableECSManagedTags: true,
              EnableExecuteCommand: false,
              PropagateTags: 'TASK_DEFINITION',
            },
            InputTransformer: { InputPathsMap: { time: '$.time' }, InputTemplate: inputTemplate },
            RetryPolicy: { MaximumRetryAttempts: attempts, MaximumEventAgeInSeconds: maxAgeMs / 1_000 },
            DeadLetterConfig: { Arn: attribute(ids.startDeadLetters, 'Arn') },
          },
        ],
        Tags: tagList(tagsOf(plan, job.name)),
      },
    },
  };
}

const longestDescription = 512;
