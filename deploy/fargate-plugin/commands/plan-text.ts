/** A plan as a person reads it. */
import { formatMs, formatNumber } from '@stint/sdk';
import { dollarsText } from './cost.ts';
import type { PlannedJob } from './plan-job.ts';
import { startText, timeText, whenText } from './schedule-words.ts';
import { textTable, wrap } from './text-table.ts';

export function planJobText(planned: PlannedJob, width: number): string {
  const { job, summary, schedule, tables, secrets, roles, alarms } = planned;
  const rows = [
    ['schedule', whenText(schedule ?? undefined)],
    ...(schedule === null ? [] : [['', startText(schedule)]]),
    ...nextRows(planned),
    ['task', taskText(planned)],
    ['roles', roles.join(', ') || 'none'],
    [
      'tables',
      Object.entries(tables)
        .map(([table, access]) => `${table} (${access})`)
        .join(', ') || 'none',
    ],
    ['secrets', secrets.join(', ') || 'none'],
    ...alarms.map((alarm, index) => [index === 0 ? 'alarms' : '', alarm]),
    ['cost', costText(planned)],
  ];
  return [job, ...wrap(summary, width - 2).map((line) => `  ${line}`), textTable(rows, { width, indent: '  ' })].join(
    '\n',
  );
}

function nextRows({ next, zone, schedule }: PlannedJob): readonly (readonly string[])[] {
  if (schedule === null || zone === null) return [];
  if (next.length === 0) return [['next', 'never: its last time is over']];
  return next.map((iso, index) => {
    const utc = `${timeText(new Date(iso), 'UTC')} UTC`;
    const own = zone === 'UTC' ? '' : `  ${timeText(new Date(iso), zone)} ${zone}`;
    // Of a rate nobody knows, before it is deployed.
    const about = 'rate' in schedule && index === 0 ? ', if it were deployed now' : '';
    return [index === 0 ? 'next' : '', `${utc}${own}${about}`];
  });
}

function taskText({ taskDefinition, task: { cpu, memoryMb, diskGb, architecture, spot } }: PlannedJob): string {
  const size = `${cpu / 1_024} vCPU, ${memoryMb / 1_024} GB, disk ${diskGb} GB`;
  return `${taskDefinition}: ${size}, ${architecture}, ${spot ? 'Spot' : 'on demand'}`;
}

function costText({ monthlyCost, runsAMonth, durationMs, task: { spot } }: PlannedJob): string {
  const runs = `${formatNumber(Math.round(runsAMonth))} runs of ${formatMs(durationMs)}`;
  if (runsAMonth === 0) return 'nothing by itself: it is started by hand';
  if (monthlyCost === null) return `not known here, for ${runs} a month`;
  return `${spot ? 'about ' : ''}${dollarsText(monthlyCost)} a month for ${runs}`;
}
