/**
 * Follows a task to its end, by asking ECS again and again.
 *
 * Guarantees: never stops the task, whatever ends the waiting. Answers that may be better a little later (throttled, server errors, no network)
 * are waited out for ten minutes; those that stay as they are end it at once.
 */
import type { ECS, Task } from '@aws-sdk/client-ecs';
import { type Clock, StintError } from '@stint/sdk';
import { isPassing } from './aws-problem.ts';
import { endOf, type TaskEnd } from './task-state.ts';

export interface FollowOptions {
  readonly ecs: ECS;
  readonly cluster: string;
  readonly task: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of each new status, with how long it took since the start of following, in ms. */
  readonly onStatus: (status: string, afterMs: number) => void;
}

const pollMs = { first: 3_000, growth: 1.5, longest: 10_000 };
const patienceMs = 600_000;
// What RunTask has just made may not be known everywhere yet.
const unknownForMs = 60_000;

/** ECS does not have the task, or could not be asked. */
export class TaskLostError extends StintError {
  constructor(task: string, reason: string, options?: ErrorOptions) {
    super('STINT_TASK_LOST', `the task ${task} cannot be followed any more: ${reason}; it may go on`, options);
  }
}

/** @throws TaskLostError, what AWS answers when it does not pass, and the signal's reason */
export async function followTask(options: FollowOptions): Promise<TaskEnd> {
  const { task, clock, signal, onStatus } = options;
  const startMs = clock.monotonicMs();
  let answeredMs = startMs;
  let delayMs = pollMs.first;
  let status: string | undefined;
  for (;;) {
    const { found, passing } = await ask(options);
    const nowMs = clock.monotonicMs();
    if (passing === undefined) answeredMs = nowMs;
    else if (nowMs - answeredMs > patienceMs)
      throw new TaskLostError(task, 'ECS has not answered for ten minutes', { cause: passing });
    else delayMs = pollMs.longest;
    if (passing === undefined && found === undefined && nowMs - startMs > unknownForMs)
      throw new TaskLostError(task, 'ECS does not have it');

    const end = found && endOf(found);
    if (end !== undefined) return end;
    if (found?.lastStatus !== undefined && found.lastStatus !== status) {
      status = found.lastStatus;
      delayMs = pollMs.first;
      onStatus(status, nowMs - startMs);
    }
    await clock.sleep(delayMs, signal);
    delayMs = Math.min(delayMs * pollMs.growth, pollMs.longest);
  }
}

/** What ECS has, or an error that may pass. */
async function ask({
  ecs,
  cluster,
  task,
  signal,
}: FollowOptions): Promise<{ readonly found?: Task | undefined; readonly passing?: unknown }> {
  try {
    const { tasks = [] } = await ecs.describeTasks({ cluster, tasks: [task] }, { abortSignal: signal });
    return { found: tasks[0] };
  } catch (error) {
    signal.throwIfAborted();
    if (isPassing(error)) return { passing: error };
    throw error;
  }
}
