/** What things are called in the account. One function a thing, for the template and for the commands that look things up. */
import { createHash } from 'node:crypto';

export interface Place {
  /** Of the Serverless configuration: `stint`. */
  readonly service: string;
  readonly stage: string;
}

/** The container that the job runs in: its exit code is the run's. */
export const appContainer = 'app';

export function clusterName({ service, stage }: Place): string {
  return `${service}-${stage}`;
}

/** What the families of all jobs begin with. */
export function familyPrefix({ service, stage }: Place): string {
  return `${service}-${stage}-`;
}

/** Of its task definitions, and the name of its schedule or rule; at most 64 characters. */
export function familyName(place: Place, job: string): string {
  return `${familyPrefix(place)}${job}`;
}

/** When neither the stage's file nor the command line names one. */
export const defaultRegion = 'eu-central-1';

/** What EventBridge takes as the name of a schedule or a rule. */
export const longestName = 64;

/** Of the admin's task definitions, and of its service; no job may have it. */
export const adminName = 'admin';

/** Names that no job may have: what is called so is there already. */
export const takenNames: ReadonlySet<string> = new Set([adminName, 'admin-service', 'task-stopped']);

export function stoppedTasksName(place: Place): string {
  return `${familyPrefix(place)}task-stopped`;
}

/** `poll-payment-status` is `PollPaymentStatus` in names of CloudFormation. */
export function logicalName(job: string): string {
  return job
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** Logical ids of what there is once in a stack. */
export const ids = {
  cluster: 'Cluster',
  sidecarLogs: 'SidecarLogs',
  scheduleGroup: 'ScheduleGroup',
  startDeadLetters: 'StartDeadLetters',
  stoppedDeadLetters: 'TaskStoppedDeadLetters',
  stoppedFunction: 'TaskStoppedFunction',
  stoppedRule: 'TaskStoppedRule',
} as const;

/** Logical ids of what each job has. */
export function jobIds(job: string) {
  const name = logicalName(job);
  return {
    taskDefinition: `${name}TaskDefinition`,
    executionRole: `${name}ExecutionRole`,
    taskRole: `${name}TaskRole`,
    startRole: `${name}StartRole`,
    schedule: `${name}Schedule`,
    /** Not the schedule's: CloudFormation changes no resource into one of another type, and `schedule.by` may change. */
    rule: `${name}Rule`,
    monitor: (kind: string) => `${name}${logicalName(kind)}Monitor`,
  };
}

const longestToken = 64;
/** `-2026-09-30T06:00:00Z` */
const longestTime = 21;

/**
 * What a start's client token begins with; its time follows. ECS takes one token once in a day, for the same account and region,
 * so that the stage is part of it.
 */
export function startToken(place: Place, job: string): string {
  const family = familyName(place, job);
  const most = longestToken - longestTime;
  if (family.length <= most) return family;
  const hash = createHash('sha256').update(family).digest('hex').slice(0, 8);
  return `${job.slice(0, most - hash.length - 1)}-${hash}`;
}
