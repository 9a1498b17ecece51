/** What ECS tells of a task, as far as a job's end goes. */
import type { Task } from '@aws-sdk/client-ecs';
import { appContainer } from '../names.ts';

export interface TaskEnd {
  /** Of the job's container; undefined: it never ran, or ECS lost it. */
  readonly exitCode: number | undefined;
  /** Why ECS stopped the task: `TaskFailedToStart`, `SpotInterruption`. */
  readonly stopCode: string | undefined;
  readonly reason: string | undefined;
}

/** Undefined: it has not ended. */
export function endOf({ lastStatus, stopCode, stoppedReason, containers = [] }: Task): TaskEnd | undefined {
  if (lastStatus !== 'STOPPED') return undefined;
  const app = containers.find(({ name }) => name === appContainer);
  const reasons = new Set([stoppedReason, app?.reason].filter((reason) => reason !== undefined && reason !== ''));
  return { exitCode: app?.exitCode, stopCode, reason: [...reasons].join('; ') || undefined };
}

/** The last part of an ARN: of a task, its id. */
export function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
