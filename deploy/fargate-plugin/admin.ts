/**
 * The admin as a service in the cluster: one task, behind a load balancer that is there already.
 *
 * It may start the tasks of the jobs, with their roles, and see how they end; it has the ledger, and neither the tables nor the
 * secrets of any job: runs go on in tasks of their own.
 */
import type { ResolvedTask } from '@stint/sdk';
import { adminStarts } from './admin-starts.ts';
import { adminCommand } from './app-container.ts';
import { type Resources, ref, tagList } from './cloudformation.ts';
import { executionRole } from './execution-role.ts';
import { adminName, appContainer, clusterName, familyName, ids } from './names.ts';
import { capacity, networkConfiguration } from './network.ts';
import { type Plan, tagsOf } from './plan.ts';
import { fargateTask } from './task-definition.ts';
import { secretsFor, variablesOf } from './task-environment.ts';
import { mayDescribeTasks, taskRole } from './task-role.ts';

const port = 8_080;
const adminIds = {
  executionRole: 'AdminServiceExecutionRole',
  taskRole: 'AdminServiceTaskRole',
  taskDefinition: 'AdminServiceTaskDefinition',
  service: 'AdminService',
} as const;

export function admin(plan: Plan): Resources {
  const { settings, place, jobs } = plan;
  if (settings.admin === undefined) return {};
  const { tokens, sessionSecret, targetGroup } = settings.admin;
  const secrets = {
    ...secretsFor(plan, undefined),
    STINT_ADMIN_TOKENS: tokens,
    ...(sessionSecret === undefined ? {} : { STINT_ADMIN_SESSION_SECRET: sessionSecret }),
  };
  const variables = {
    ...variablesOf(plan, undefined),
    HOST: '0.0.0.0',
    PORT: `${port}`,
    STINT_ADMIN_TARGET: 'task',
    STINT_ADMIN_TRUST_PROXY: 'true',
    STINT_ADMIN_TASK: taskSettings(plan),
  };
  const owner = { name: adminName, tables: {}, secrets: [] };
  return {
    [adminIds.executionRole]: executionRole(plan, adminName, [...Object.values(secrets), settings.datadog.apiKey]),
    [adminIds.taskRole]: taskRole(plan, owner, [mayDescribeTasks(clusterName(place))]),
    ...adminStarts(plan, adminIds.taskRole),
    [adminIds.taskDefinition]: fargateTask(plan, {
      name: adminName,
      size: sizeFor(jobs.map(({ task }) => task)),
      app: { command: adminCommand, variables, secrets, port },
      executionRole: adminIds.executionRole,
      taskRole: adminIds.taskRole,
    }),
    [adminIds.service]: {
      Type: 'AWS::ECS::Service',
      Properties: {
        ServiceName: adminName,
        Cluster: ref(ids.cluster),
        TaskDefinition: ref(adminIds.taskDefinition),
        DesiredCount: 1,
        CapacityProviderStrategy: capacity(false),
        NetworkConfiguration: networkConfiguration(settings, 'AwsvpcConfiguration'),
        LoadBalancers: [{ ContainerName: appContainer, ContainerPort: port, TargetGroupArn: targetGroup }],
        HealthCheckGracePeriodSeconds: 60,
        DeploymentConfiguration: {
          MinimumHealthyPercent: 100,
          MaximumPercent: 200,
          DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        },
        EnableECSManagedTags: true,
        EnableExecuteCommand: false,
        PropagateTags: 'TASK_DEFINITION',
        Tags: tagList(tagsOf(plan, adminName)),
      },
    },
  };
}

/** STINT_ADMIN_TASK: see `deploy/admin/runs/task-starter.ts`. */
function taskSettings({ settings, place }: Plan): string {
  return JSON.stringify({
    cluster: clusterName(place),
    taskDefinition: familyName(place, '{job}'),
    container: appContainer,
    ...settings.vpc,
  });
}

/** Half a vCPU and 1 GiB, on what all jobs are on: there is one image. */
function sizeFor(tasks: readonly ResolvedTask[]): ResolvedTask {
  const architecture = tasks.every((task) => task.architecture === 'x64') && tasks.length > 0 ? 'x64' : 'arm64';
  return { cpu: 512, memoryMb: 1_024, diskGb: 20, architecture, spot: false };
}
