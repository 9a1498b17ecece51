/**
 * What a job's task is made of, with its two roles.
 *
 * A new revision touches no task in flight: schedules name the revision that they start, and revisions that were replaced stay, so
 * that a start which is being tried again, and a stack that is rolled back, still find theirs.
 */
import type { Job, ResolvedTask } from '@stint/sdk';
import { type AppContainer, appDefinition, awsLogs, taskCommand } from './app-container.ts';
import { attribute, type Resource, type Resources, tagList } from './cloudformation.ts';
import { executionRole } from './execution-role.ts';
import { familyName, jobIds } from './names.ts';
import { type Plan, tagsOf } from './plan.ts';
import { sidecarDefinitions } from './sidecars.ts';
import { secretsFor, variablesOf } from './task-environment.ts';
import { taskRole } from './task-role.ts';

/** What Fargate gives without being asked, in GiB. */
const givenDiskGb = 20;

export function jobTask(plan: Plan, job: Job): Resources {
  const { taskDefinition, executionRole: execution, taskRole: own } = jobIds(job.name);
  const secrets = secretsFor(plan, job);
  const app = { command: taskCommand(job.name), variables: variablesOf(plan, job), secrets };
  return {
    [execution]: executionRole(plan, job.name, [...Object.values(secrets), plan.settings.datadog.apiKey]),
    [own]: taskRole(plan, job),
    [taskDefinition]: fargateTask(plan, {
      name: job.name,
      size: job.task,
      app,
      executionRole: execution,
      taskRole: own,
    }),
  };
}

export interface FargateTask {
  /** Of the job, or `admin`. */
  readonly name: string;
  readonly size: ResolvedTask;
  readonly app: AppContainer;
  /** Logical ids. */
  readonly executionRole: string;
  readonly taskRole: string;
}

export function fargateTask(
  plan: Plan,
  { name, size, app, executionRole: execution, taskRole: own }: FargateTask,
): Resource {
  return {
    Type: 'AWS::ECS::TaskDefinition',
    UpdateReplacePolicy: 'Retain',
    // As it is without this; said, since some take the one above alone for a mistake.
    DeletionPolicy: 'Delete',
    Properties: {
      Family: familyName(plan.place, name),
      RequiresCompatibilities: ['FARGATE'],
      NetworkMode: 'awsvpc',
      RuntimePlatform: {
        OperatingSystemFamily: 'LINUX',
        CpuArchitecture: size.architecture === 'arm64' ? 'ARM64' : 'X86_64',
      },
      Cpu: `${size.cpu}`,
      Memory: `${size.memoryMb}`,
      ...(size.diskGb > givenDiskGb ? { EphemeralStorage: { SizeInGiB: size.diskGb } } : {}),
      ExecutionRoleArn: attribute(execution, 'Arn'),
      TaskRoleArn: attribute(own, 'Arn'),
      ContainerDefinitions: [appDefinition(plan, app), ...sidecarDefinitions(plan, awsLogs(name))],
      Tags: tagList(tagsOf(plan, name)),
    },
  };
}
