/** The jobs' state in one table. */
import { formatMs } from '@stint/sdk';
import { endText } from './exit-words.ts';
import type { ScheduleState } from './schedule-state.ts';
import { textTable } from './text-table.ts';

export interface TaskStatus {
  readonly task: string;
  readonly status: string;
  readonly startedBy: string | null;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly stoppedAt: string | null;
  readonly exitCode: number | null;
  readonly stopCode: string | null;
  readonly reason: string | null;
}

export interface JobStatus {
  readonly job: string;
  readonly schedule: ScheduleState;
  /** The latest active one; null: there is none. */
  readonly revision: number | null;
  readonly tasks: readonly TaskStatus[];
}

const head = ['job', 'schedule', 'rev', 'task', 'state'];
/** Enough to tell tasks apart. */
const idLength = 8;

export function statusText(statuses: readonly JobStatus[], place: { nowMs: number; width: number }): string {
  const rows = statuses.flatMap(({ job, schedule, revision, tasks }) => {
    const own = [job, schedule.state, revision === null ? 'none' : String(revision)];
    if (tasks.length === 0) return [[...own, '', revision === null ? 'not deployed' : 'no task in the last hour']];
    return tasks.map((task, index) => [
      ...(index === 0 ? own : ['', '', '']),
      task.task.slice(0, idLength),
      stateText(task, place.nowMs),
    ]);
  });
  return textTable([head, ...rows], { width: place.width, right: new Set([2]) });
}

function stateText({ status, createdAt, startedAt, stoppedAt, exitCode, stopCode, reason }: TaskStatus, nowMs: number) {
  const ago = (iso: string) => formatMs(nowMs - Date.parse(iso));
  if (status !== 'STOPPED') {
    const since = startedAt ?? createdAt;
    return since === null ? status.toLowerCase() : `${status.toLowerCase()} for ${ago(since)}`;
  }
  const end = endText({
    exitCode: exitCode ?? undefined,
    stopCode: stopCode ?? undefined,
    reason: reason ?? undefined,
  });
  return stoppedAt === null ? end : `${ago(stoppedAt)} ago, ${end}`;
}
