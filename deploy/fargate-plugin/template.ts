/** The whole template, of the jobs and the settings of a stage. Pure: the same plan makes the same template. */
import type { Job } from '@stint/sdk';
import { admin } from './admin.ts';
import { joinResources, type Output, type Resources, ref, type Template } from './cloudformation.ts';
import { cluster } from './cluster.ts';
import { startDeadLetters } from './dead-letters.ts';
import { sidecarLogs } from './log-groups.ts';
import { monitorResources } from './monitor-resources.ts';
import { ids, jobIds, logicalName } from './names.ts';
import type { Plan } from './plan.ts';
import { rule } from './rule.ts';
import { schedule, scheduleGroup } from './schedule.ts';
import { startAlarms } from './start-alarms.ts';
import { stoppedTasks } from './stopped-tasks.ts';
import { jobTask } from './task-definition.ts';

export function makeTemplate(plan: Plan): Template {
  const rules = plan.jobs.filter(({ schedule: when }) => when?.by === 'rule').map(({ name }) => jobIds(name).rule);
  return {
    Resources: joinResources(
      cluster(plan),
      sidecarLogs(plan),
      { [ids.scheduleGroup]: scheduleGroup(plan) },
      startDeadLetters(plan, rules),
      startAlarms(plan),
      stoppedTasks(plan),
      ...plan.jobs.map((job) => jobResources(plan, job)),
      admin(plan),
    ),
    Outputs: outputs(plan),
  };
}

function jobResources(plan: Plan, job: Job): Resources {
  const { settings } = plan;
  return joinResources(
    jobTask(plan, job),
    startOf(plan, job),
    settings.datadog.monitors === 'cloudformation' ? monitorResources(plan, job) : {},
  );
}

function startOf(plan: Plan, job: Job): Resources {
  if (job.schedule === undefined) return {};
  return job.schedule.by === 'rule' ? rule(plan, job, job.schedule) : schedule(plan, job, job.schedule);
}

function outputs({ jobs }: Plan): Readonly<Record<string, Output>> {
  const tasks = jobs.map(({ name }): [string, Output] => [
    `${logicalName(name)}Revision`,
    { Description: `Revision of the task of ${name}`, Value: ref(jobIds(name).taskDefinition) },
  ]);
  return {
    ClusterName: { Description: 'Cluster of all tasks', Value: ref(ids.cluster) },
    StartDeadLettersUrl: { Description: 'Starts that were given up', Value: ref(ids.startDeadLetters) },
    StoppedDeadLettersUrl: { Description: 'Stopped tasks that were not counted', Value: ref(ids.stoppedDeadLetters) },
    ...Object.fromEntries(tasks),
  };
}
