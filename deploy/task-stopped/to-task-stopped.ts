/**
 * What is told of a task of a job that stopped and whose job did not end well, out of ECS's event.
 *
 * Looked at is the container `app` alone: when it ends, ECS ends the others, and they end with codes of their own.
 * Told is every stop but exit code 0. A job that ended well is counted by itself (`stint.run.finished`); counting it here too
 * would be an invocation, a line and a series more for each job, and no denominator: events come at least once.
 * The override of the container, in which the scope of a run may be, is never read.
 *
 * No imports in this file: it is a part of the Lambda function (`code.ts`).
 */

/** How the container ended, as far as exit code and stop code do not tell it. */
export type TaskStoppedCause = 'failed_to_start' | 'out_of_memory' | 'killed' | 'terminated' | 'failed' | 'unknown';

export interface TaskStopped {
  /** The last part of the task's ARN. */
  readonly task: string;
  readonly taskFamily: string;
  /** The family without its prefix. */
  readonly job: string;
  /** Undefined: the container never ran, or ECS does not know. */
  readonly exitCode: number | undefined;
  /** As ECS says it, like `EssentialContainerExited`; `none` when it says nothing. */
  readonly stopCode: string;
  readonly cause: TaskStoppedCause;
  /** Text of ECS, or of the person who stopped the task. */
  readonly stoppedReason: string | undefined;
  /** Ms since the epoch. */
  readonly stoppedAtMs: number;
  /** Rises with each change of the task: the same version twice is the same event twice. */
  readonly version: number | undefined;
}

export interface TaskStoppedOptions {
  /** What the families of all jobs begin with; tasks of other families are not told. @default '': every family is a job */
  readonly familyPrefix?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The container that runs the job, in every task definition. */
export const jobContainer = 'app';
const longestReason = 500;

/**
 * Undefined: nothing is to be told.
 *
 * @throws Error when it is no task event of ECS, or one without what it always has
 */
export function toTaskStopped(event: unknown, { familyPrefix = '' }: TaskStoppedOptions = {}): TaskStopped | undefined {
  const outer = fieldsOf(event, 'the event');
  const kind = textOf(outer['detail-type'], 'detail-type');
  if (kind !== 'ECS Task State Change') throw unexpected('detail-type', '"ECS Task State Change"', kind);
  const detail = fieldsOf(outer.detail, 'detail');
  if (textOf(detail.lastStatus, 'detail.lastStatus') !== 'STOPPED' || isOfService(detail)) return undefined;
  const taskFamily = familyOf(textOf(detail.taskDefinitionArn, 'detail.taskDefinitionArn'));
  const container = jobContainerOf(detail);
  if (container === undefined || !taskFamily.startsWith(familyPrefix)) return undefined;
  const exitCode = optionalInteger(container.exitCode, `exitCode of the container ${jobContainer}`);
  if (exitCode === 0) return undefined;
  const stopCode = optionalText(detail.stopCode, 'detail.stopCode') ?? 'none';
  const stoppedReason = optionalText(detail.stoppedReason, 'detail.stoppedReason');
  const reason = optionalText(container.reason, `reason of the container ${jobContainer}`);
  return {
    task: lastPartOf(textOf(detail.taskArn, 'detail.taskArn')),
    taskFamily,
    job: taskFamily.slice(familyPrefix.length),
    exitCode,
    stopCode,
    cause: causeOf({ exitCode, stopCode, reason, stoppedReason }),
    stoppedReason: [stoppedReason, reason].filter(Boolean).join('; ').slice(0, longestReason) || undefined,
    stoppedAtMs: timeOf(detail.stoppedAt ?? outer.time),
    version: optionalInteger(detail.version, 'detail.version'),
  };
}

interface End {
  readonly exitCode: number | undefined;
  readonly stopCode: string;
  readonly reason: string | undefined;
  readonly stoppedReason: string | undefined;
}

function causeOf({ exitCode, stopCode, reason, stoppedReason }: End): TaskStoppedCause {
  if (stopCode === 'TaskFailedToStart') return 'failed_to_start';
  // SIGKILL comes from the kernel, for memory, and from ECS, when the stop timeout is over: the code is the same.
  const memory = 'OutOfMemory';
  if (reason?.includes(memory) || (exitCode === 137 && stoppedReason?.includes(memory))) return 'out_of_memory';
  if (exitCode === undefined) return 'unknown';
  if (exitCode === 137) return 'killed';
  return exitCode === 130 || exitCode === 143 ? 'terminated' : 'failed';
}

/** Stops of services are deployments and replacements; they are not jobs. */
function isOfService({ group }: Fields): boolean {
  return typeof group === 'string' && group.startsWith('service:');
}

function jobContainerOf({ containers }: Fields): Fields | undefined {
  if (!Array.isArray(containers)) throw unexpected('detail.containers', 'a list', containers);
  return containers
    .map((container, index) => fieldsOf(container, `detail.containers[${index}]`))
    .find(({ name }) => name === jobContainer);
}

/** `…:task-definition/<family>:<revision>` */
function familyOf(taskDefinitionArn: string): string {
  return lastPartOf(taskDefinitionArn).replace(/:\d+$/, '');
}

function lastPartOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function timeOf(value: unknown): number {
  const ms = Date.parse(textOf(value, 'detail.stoppedAt or time'));
  if (Number.isNaN(ms)) throw unexpected('detail.stoppedAt or time', 'an ISO 8601 time', value);
  return ms;
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(where, 'an object', value);
  return value as Fields;
}

function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw unexpected(where, 'a text', value);
  return value;
}

function optionalText(value: unknown, where: string): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : textOf(value, where);
}

function optionalInteger(value: unknown, where: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value)) throw unexpected(where, 'an integer', value);
  return value as number;
}

/** Tells the kind of what came, never what it holds. */
function unexpected(where: string, what: string, value: unknown): Error {
  const next = 'send this function what the pattern of event-pattern.ts selects';
  return new Error(`expected ${where} to be ${what}, got ${kindOf(value)}; ${next}`);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'another text';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
