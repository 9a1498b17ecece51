/**
 * `serverless jobs status`: of each job its schedule's state, its latest task definition, and its tasks of the last hour.
 *
 * Does not guarantee what ECS no longer has: the ledger and the logs know of older runs.
 */
import type { Task } from '@aws-sdk/client-ecs';
import { exitCodes, type Job } from '@stint/sdk';
import { clusterName, familyName } from '../names.ts';
import { look } from './look.ts';
import { recentTasks } from './recent-tasks.ts';
import { scheduleGroup } from './schedule-group.ts';
import { scheduleState } from './schedule-state.ts';
import { type JobStatus, statusText, type TaskStatus } from './status-text.ts';
import { endOf, lastPart } from './task-state.ts';
import type { JobsWorld } from './world.ts';

const stoppedShown = 3;

/** Resolves with the exit code. @throws what AWS answers */
export async function statusCommand(world: JobsWorld, { json }: { readonly json?: boolean }): Promise<number> {
  const { jobs, place, template, clients, clock, out, signal } = world;
  const cluster = clusterName(place);
  const ecs = await clients.ecs();
  const tasks = (await look(() => recentTasks(ecs, cluster, signal))) ?? new Map<string, readonly Task[]>();
  const group = scheduleGroup(template, place);
  const statuses = await Promise.all(
    jobs.map(async (job): Promise<JobStatus> => {
      const own = tasks.get(familyName(place, job.name)) ?? [];
      return {
        job: job.name,
        schedule: await scheduleState(world, job, group),
        revision: await revisionOf(world, job),
        tasks: shownOf(own.map(statusOf)),
      };
    }),
  );
  if (json) out.print(JSON.stringify({ ...place, cluster, jobs: statuses }, undefined, 2));
  else {
    out.print(statusText(statuses, { nowMs: clock.now(), width: out.width }));
    out.note(`cluster ${cluster} in ${place.region}; of tasks that have stopped ECS knows those of the last hour`);
  }
  return exitCodes.succeeded;
}

async function revisionOf({ clients, place, signal }: JobsWorld, { name }: Job): Promise<number | null> {
  const ecs = await clients.ecs();
  const found = await look(() =>
    ecs.describeTaskDefinition({ taskDefinition: familyName(place, name) }, { abortSignal: signal }),
  );
  return found?.taskDefinition?.revision ?? null;
}

function statusOf(task: Task): TaskStatus {
  const { taskArn = '', lastStatus = 'UNKNOWN', startedBy, createdAt, startedAt, stoppedAt } = task;
  const end = endOf(task);
  return {
    task: lastPart(taskArn),
    status: lastStatus,
    startedBy: startedBy ?? null,
    createdAt: createdAt?.toISOString() ?? null,
    startedAt: startedAt?.toISOString() ?? null,
    stoppedAt: stoppedAt?.toISOString() ?? null,
    exitCode: end?.exitCode ?? null,
    stopCode: end?.stopCode ?? null,
    reason: end?.reason ?? null,
  };
}

function shownOf(tasks: readonly TaskStatus[]): readonly TaskStatus[] {
  const isStopped = ({ status }: TaskStatus) => status === 'STOPPED';
  return [...tasks.filter((task) => !isStopped(task)), ...tasks.filter(isStopped).slice(0, stoppedShown)];
}
