/**
 * Datadog's monitors of a job, from what it says in `alarms`: the body of `POST /api/v1/monitor` each.
 *
 * Guarantees: each message names the part of the runbook that tells what to do. A failure is told, too, when one like it was told
 * before: when its window is over its monitor is at rest again. That is told to nobody, but for a run that was missing.
 * Does not guarantee when a run is missed that has no run before it: at once, or never, as Datadog takes a metric that it does not know.
 */
import { formatMs, type Job, missedAfterMsOf } from '@stint/sdk';
import { familyName } from './names.ts';
import type { Plan } from './plan.ts';

export interface Monitor {
  readonly name: string;
  readonly type: 'query alert';
  readonly query: string;
  readonly message: string;
  readonly tags: readonly string[];
  readonly priority: number;
  readonly options: MonitorOptions;
}

export interface MonitorOptions {
  readonly thresholds: { readonly critical: number };
  readonly include_tags: boolean;
  /** Values are few and far between. */
  readonly require_full_window: false;
  /** No value in the window: `default`, a count of 0; `resolve`, all is well. */
  readonly on_missing_data: 'default' | 'resolve';
}

/** What a monitor looks at; also the part of the runbook, `deploy/README.md#run-failed`. */
export type MonitorKind = 'run-failed' | 'start-failed' | 'run-missed' | 'run-too-long' | 'items-failed';

interface Question {
  readonly kind: MonitorKind;
  readonly title: string;
  readonly what: string;
  readonly query: string;
  readonly critical: number;
  readonly priority: number;
  /** @default 'default': the query counts */
  readonly onMissingData?: MonitorOptions['on_missing_data'];
  /** What is told when the alert is over. @default nobody is told */
  readonly over?: string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export function monitorsOf(plan: Plan, job: Job): ReadonlyMap<MonitorKind, Monitor> {
  const questions = [
    runFailed(plan, job),
    startFailed(plan, job),
    runMissed(plan, job),
    runTooLong(plan, job),
    itemsFailed(plan, job),
  ];
  return new Map(
    questions.flatMap((question) => (question === undefined ? [] : [[question.kind, toMonitor(plan, job, question)]])),
  );
}

function runFailed({ place }: Plan, job: Job): Question {
  const tasks = `task_family:${tagText(familyName(place, job.name))},!exit_code:0,!cause:failed_to_start`;
  return {
    kind: 'run-failed',
    title: 'a run did not end well',
    what: 'A task ended with exit code {{exit_code.name}} ({{cause.name}}, {{stop_code.name}}).',
    query: `sum(last_5m):sum:stint.task_stopped{${tasks}} by {exit_code,cause,stop_code}.as_count() > 0`,
    critical: 0,
    priority: 2,
  };
}

function startFailed({ place }: Plan, job: Job): Question {
  const tasks = `task_family:${tagText(familyName(place, job.name))},cause:failed_to_start`;
  return {
    kind: 'start-failed',
    title: 'a task did not start',
    what: 'ECS took a task and could not start it.',
    query: `sum(last_5m):sum:stint.task_stopped{${tasks}}.as_count() > 0`,
    critical: 0,
    priority: 2,
  };
}

function runMissed(plan: Plan, job: Job): Question | undefined {
  const afterMs = missedAfterMsOf(job);
  if (afterMs === false) return undefined;
  const runs = `${scopeOf(plan, job)},status:succeeded`;
  return {
    kind: 'run-missed',
    title: 'a run is missing',
    what: `No run has succeeded for ${formatMs(afterMs)}.`,
    // No default_zero(): it does nothing in a window that has no value, which is what is looked for, and keeps a count from being 0 there.
    query: `sum(${windowOf(afterMs)}):sum:stint.run.finished{${runs}}.as_count() < 1`,
    critical: 1,
    priority: 2,
    over: 'A run has succeeded again.',
  };
}

function runTooLong(plan: Plan, job: Job): Question | undefined {
  const { longerThanMs } = job.alarms;
  if (longerThanMs === false) return undefined;
  const runs = scopeOf(plan, job);
  // Not at rest when there is no run, it would hold its alert and not tell the next slow one.
  const onMissingData = 'resolve';
  const question = { kind: 'run-too-long', title: 'a run took too long', priority: 3, onMissingData } as const;
  if (longerThanMs !== 'usual') {
    return {
      ...question,
      what: `A run took longer than ${formatMs(longerThanMs)}.`,
      query: `max(last_10m):max:stint.run.duration{${runs}} > ${longerThanMs}`,
      critical: longerThanMs,
    };
  }
  // Runs of today and of a week ago end at other minutes: compared are buckets that each have one.
  const missedAfterMs = missedAfterMsOf(job);
  const isHourly = missedAfterMs !== false && missedAfterMs <= 2 * hourMs;
  const [window, seconds] = isHourly ? ['last_1h', 3_600] : ['last_1d', 86_400];
  return {
    ...question,
    what: 'Runs took more than twice as long as a week before.',
    query: `pct_change(avg(${window}),last_1w):avg:stint.run.duration{${runs}}.rollup(avg, ${seconds}) > 100`,
    critical: 100,
  };
}

function itemsFailed(plan: Plan, job: Job): Question | undefined {
  const { failedItems } = job.alarms;
  if (failedItems === false) return undefined;
  const items = `${scopeOf(plan, job).replaceAll(',', ' AND ')} AND outcome IN (failed,quarantined)`;
  return {
    kind: 'items-failed',
    title: 'too many items failed',
    what: `More than ${failedItems} items failed or were quarantined within an hour.`,
    query: `sum(last_1h):sum:stint.items{${items}}.as_count() > ${failedItems}`,
    critical: failedItems,
    priority: 3,
  };
}

function scopeOf({ place }: Plan, job: Job): string {
  return `service:${tagText(place.service)},env:${tagText(place.stage)},job:${job.name}`;
}

/** As Datadog keeps tags: in small letters. */
function tagText(text: string): string {
  return text.toLowerCase();
}

function toMonitor({ settings, place }: Plan, job: Job, question: Question): Monitor {
  const { kind, title, query, critical, priority, onMissingData = 'default' } = question;
  return {
    name: `${place.service} ${place.stage}: ${job.name}: ${title}`,
    type: 'query alert',
    query,
    message: messageOf(settings.datadog, question),
    tags: [`service:${place.service}`, `env:${place.stage}`, `job:${job.name}`, `alarm:${kind}`, 'managed_by:stint'],
    priority,
    options: {
      thresholds: { critical },
      include_tags: true,
      require_full_window: false,
      on_missing_data: onMissingData,
    },
  };
}

/** Who is named within a condition is told then alone. */
function messageOf({ runbook, notify }: Plan['settings']['datadog'], { kind, what, over }: Question): string {
  const alert = `{{#is_alert}}\n${what}\n\nWhat to do: ${runbook}#${kind}\n\n${notify}\n{{/is_alert}}`;
  return over === undefined ? alert : `${alert}\n{{#is_recovery}}\n${over}\n\n${notify}\n{{/is_recovery}}`;
}

/** As Datadog writes it: minutes up to a week, days above. */
function windowOf(ms: number): string {
  return ms <= 7 * dayMs ? `last_${Math.ceil(ms / minuteMs)}m` : `last_${Math.ceil(ms / dayMs)}d`;
}
