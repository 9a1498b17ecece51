/**
 * Starts a job by EventBridge Scheduler.
 *
 * Guarantees: each time starts one task at most, however often it is delivered: the client token is the job's and the time's, and
 * ECS takes it once within a day. Tried again as the job says, then kept in the dead-letter queue.
 * Does not guarantee a task: an answer of RunTask with `failures` is a success to Scheduler. The monitor of missed runs tells.
 */
import { type Job, type Schedule, startRetryOf } from '@stint/sdk';
import {
  attribute,
  partitionArn,
  placeholder,
  type Resource,
  type Resources,
  ref,
  tagList,
  type Value,
} from './cloudformation.ts';
import { appContainer, familyName, ids, jobIds, startToken } from './names.ts';
import { capacity, networkConfiguration } from './network.ts';
import { type Plan, tagsOf } from './plan.ts';
import { startRole } from './start-role.ts';

/** Calls `RunTask` of ECS itself, with all that it takes. */
const runTaskTarget = partitionArn('scheduler:::aws-sdk:ecs:runTask');
/** What Scheduler puts the time of the start for: the same at each attempt, which its execution id is not. */
export const scheduledTime = '<aws.scheduler.scheduled-time>';

export function schedule(plan: Plan, job: Job, when: Schedule): Resources {
  const { schedule: id, startRole: roleId } = jobIds(job.name);
  const { attempts, maxAgeMs } = startRetryOf(when);
  return {
    [roleId]: startRole(plan, job.name, 'scheduler.amazonaws.com'),
    [id]: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: familyName(plan.place, job.name),
        GroupName: ref(ids.scheduleGroup),
        Description: job.summary.slice(0, longestDescription),
        ScheduleExpression: scheduleExpression(when),
        ScheduleExpressionTimezone: 'cron' in when ? (when.timezone ?? 'UTC') : 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        State: 'ENABLED',
        Target: {
          Arn: runTaskTarget,
          RoleArn: attribute(roleId, 'Arn'),
          Input: runTaskInput(plan, job),
          RetryPolicy: { MaximumRetryAttempts: attempts, MaximumEventAgeInSeconds: maxAgeMs / 1_000 },
          DeadLetterConfig: { Arn: attribute(ids.startDeadLetters, 'Arn') },
        },
      },
    },
  };
}

const longestDescription = 512;

export function scheduleExpression(when: Schedule): string {
  return 'rate' in when ? `rate(${when.rate})` : `cron(${when.cron})`;
}

function runTaskInput(plan: Plan, job: Job): Value {
  const input = {
    Cluster: placeholder('Cluster'),
    TaskDefinition: placeholder('TaskDefinition'),
    ClientToken: `${startToken(plan.place, job.name)}-${scheduledTime}`,
    StartedBy: 'stint-scheduler',
    Count: 1,
    CapacityProviderStrategy: capacity(job.task.spot),
    NetworkConfiguration: networkConfiguration(plan.settings, 'AwsvpcConfiguration'),
    EnableECSManagedTags: true,
    EnableExecuteCommand: false,
    PropagateTags: 'TASK_DEFINITION',
    Overrides: {
      ContainerOverrides: [
        { Name: appContainer, Environment: [{ Name: 'STINT_SCHEDULED_TIME', Value: scheduledTime }] },
      ],
    },
  };
  const variables = {
    Cluster: attribute(ids.cluster, 'Arn'),
    // The revision itself: what is deployed is what is started.
    TaskDefinition: ref(jobIds(job.name).taskDefinition),
  };
  return { 'Fn::Sub': [JSON.stringify(input), variables] };
}

/** Its metrics are those of all schedules of the stage. */
export function scheduleGroup(plan: Plan): Resource {
  return {
    Type: 'AWS::Scheduler::ScheduleGroup',
    Properties: {
      Name: `${plan.place.service}-${plan.place.stage}`,
      Tags: tagList(tagsOf(plan)),
    },
  };
}
