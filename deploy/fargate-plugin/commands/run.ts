/**
 * `serverless jobs run <job>`: starts a task of a job, and with `--wait` follows it to its end.
 *
 * Guarantees: the scope is checked before anything is started. Without `--wait`, 0 means that ECS has taken the task, no more; with it the exit code is that of
 * the job's container, or 1 when there is none. What ends the waiting never ends the task.
 */
import { exitCodes, findJob, formatMs } from '@stint/sdk';
import { ulid } from 'ulid';
import { datadogLinks } from '../../run-links.ts';
import { appContainer, clusterName, familyName } from '../names.ts';
import { problemText } from './aws-problem.ts';
import { endText } from './exit-words.ts';
import { followTask } from './follow-task.ts';
import { type RunFlags, runOrder } from './run-order.ts';
import { lastPart, type TaskEnd } from './task-state.ts';
import { textTable } from './text-table.ts';
import type { JobsWorld } from './world.ts';

export interface RunCommandFlags extends RunFlags {
  /** @default false */
  readonly wait?: boolean | undefined;
  /** @default false */
  readonly json?: boolean | undefined;
}

interface Started {
  readonly job: string;
  readonly runId: string;
  readonly task: string;
  readonly cluster: string;
  readonly links: { readonly logs: string; readonly console: string };
}

/** Resolves with the exit code. @throws ScopeError, UsageError, UnknownJobError; what AWS answers when the task was not started */
export async function runCommand(world: JobsWorld, jobName: string, flags: RunCommandFlags): Promise<number> {
  const { place, out, signal } = world;
  const started = await start(world, jobName, flags);
  if (started === undefined) return exitCodes.sigint;
  tell(world, started, flags);
  if (!flags.wait) {
    if (flags.json) out.print(JSON.stringify(started));
    return exitCodes.succeeded;
  }
  try {
    const end = await follow(world, started);
    if (flags.json) out.print(JSON.stringify({ ...started, ...jsonOf(end) }));
    else out.print(endText(end));
    // Nobody may take a task that never ran for one that succeeded.
    return end.exitCode ?? exitCodes.failed;
  } catch (error) {
    if (signal.aborted) {
      out.note(`no longer followed: the task goes on; see it with "npx serverless jobs status --stage ${place.stage}", and stop it with
aws ecs stop-task --cluster ${started.cluster} --task ${lastPart(started.task)} --region ${place.region}`);
      return exitCodes.sigint;
    }
    out.note(`${problemText(error)}\nthe task was started all the same: ${started.task}`);
    return exitCodes.failed;
  }
}

/** Undefined: it was interrupted, and whether there is a task is not known. */
async function start(world: JobsWorld, jobName: string, flags: RunFlags): Promise<Started | undefined> {
  const { jobs, settings, place, clients, out, signal } = world;
  const job = findJob(jobs, jobName);
  const { runId, environment } = runOrder(job, flags);
  const cluster = clusterName(place);
  const ecs = await clients.ecs();
  const { startTask } = await import('../../ecs/start-task.ts');
  try {
    const task = await startTask(
      ecs,
      {
        ...settings.vpc,
        cluster,
        taskDefinition: familyName(place, job.name),
        container: appContainer,
        environment,
        clientToken: flags.resume === undefined ? runId : ulid(),
        startedBy: 'stint-jobs-run',
        capacityProvider: job.task.spot ? 'FARGATE_SPOT' : 'FARGATE',
      },
      signal,
    );
    const nowMs = world.clock.now();
    const { logs } = datadogLinks({ site: settings.datadog.site, service: place.service }, runId, {
      fromMs: nowMs,
      toMs: nowMs,
      goesOn: true,
    });
    const console = `https://${place.region}.console.aws.amazon.com/ecs/v2/clusters/${cluster}/tasks/${lastPart(task)}`;
    return { job: job.name, runId, task, cluster, links: { logs, console } };
  } catch (error) {
    if (!signal.aborted) throw error;
    out.note(
      `interrupted while ECS was asked: see with "npx serverless jobs status --stage ${place.stage}" whether the task was started`,
    );
    return undefined;
  }
}

function tell({ out }: JobsWorld, { job, runId, task, links }: Started, flags: RunCommandFlags): void {
  const isCertain = flags.resume !== undefined || flags.fresh || flags['dry-run'];
  const run = isCertain ? runId : `${runId}, unless it goes on with an interrupted run of the same`;
  const rows = [
    ['run', run],
    ['task', task],
    ['log', links.logs],
    ['console', links.console],
  ];
  // The document is the only thing on standard output.
  const show = (text: string) => (flags.json ? out.note(text) : out.print(text));
  show(`ECS has taken a task of ${job}`);
  show(textTable(rows, { width: out.width, indent: '  ' }));
}

function follow({ place, clients, clock, out, signal }: JobsWorld, { task }: Started): Promise<TaskEnd> {
  const onStatus = (status: string, afterMs: number) => {
    // It is asked for every few seconds: less than one tells nothing.
    out.note(`${status.toLowerCase()} after ${afterMs < 1_000 ? '0 s' : formatMs(afterMs)}`);
  };
  return clients.ecs().then((ecs) => followTask({ ecs, cluster: clusterName(place), task, clock, signal, onStatus }));
}

function jsonOf({ exitCode = null, stopCode = null, reason = null }: { [Key in keyof TaskEnd]: TaskEnd[Key] | null }) {
  return { exitCode, stopCode, reason };
}
