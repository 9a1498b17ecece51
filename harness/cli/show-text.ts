/** Everything about one run, as a person on call reads it: what became of it, what failed and why, what to do next. */

import {
  type FailedItem,
  formatShard,
  type HttpExchange,
  parseRedrive,
  type RunRecord,
  redriveText,
  summaryText,
} from '@stint/sdk';
import { attemptLines } from './attempts-text.ts';
import type { Paint } from './format.ts';
import { formatCount, formatCounts, formatMs, formatNumber, formatTable, formatTime } from './format.ts';
import { durationOf, itemsOf, statusOf, styleOf, triggerText } from './runs-text.ts';

export interface ShownRun {
  readonly record: RunRecord;
  /** The first ones. */
  readonly failures: readonly FailedItem[];
  /** There are more than those. */
  readonly hasMore: boolean;
  /** Where the case is that the run works on; undefined: external stores. */
  readonly caseDirectory: string | undefined;
  readonly exchanges: boolean;
}

const labelWidth = 13;

/** Lines, without one at the end. */
export function showText(shown: ShownRun, paint: Paint): string {
  const { record } = shown;
  const status = statusOf(record);
  return [
    `${paint([styleOf(status), 'bold'], status)}  ${paint('bold', record.job)}  ${record.runId}`,
    '',
    ...factLines(shown, paint),
    ...progressLines(record, paint),
    ...attemptLines(record, paint),
    ...summaryLines(record, paint),
    ...failureLines(shown, paint),
    ...nextLines(shown, paint),
  ].join('\n');
}

function labelled(paint: Paint): (label: string, text: string) => string {
  return (label, text) => `  ${paint('dim', label.padEnd(labelWidth))}${text}`;
}

function factLines({ record, caseDirectory }: ShownRun, paint: Paint): readonly string[] {
  const line = labelled(paint);
  const { attempt, holder, scope, shard, dryRun, redriveOf, cancelledBy, finishedAt, updatedAt } = record;
  return [
    line('started', `${formatTime(record.startedAt)} UTC by ${triggerText(record)}, attempt ${attempt}`),
    finishedAt === undefined
      ? line('last sign', `${formatTime(updatedAt)} UTC, ${formatMs(durationOf(record))} after the start`)
      : line('ended', `${formatTime(finishedAt)} UTC, after ${formatMs(durationOf(record))}`),
    line('holder', holder),
    ...(JSON.stringify(scope) === '{}' ? [] : [line('scope', JSON.stringify(scope))]),
    ...(shard === undefined ? [] : [line('shard', formatShard(shard))]),
    ...(dryRun ? [line('dry run', 'nothing was written')] : []),
    ...(redriveOf === undefined ? [] : [line('redrive', redriveText(parseRedrive(redriveOf)))]),
    ...(caseDirectory === undefined ? [] : [line('case', caseDirectory)]),
    ...(cancelledBy === undefined ? [] : [line('cancelled by', cancelledBy)]),
  ];
}

function progressLines(record: RunRecord, paint: Paint): readonly string[] {
  if (record.finishedAt !== undefined) return [];
  const line = labelled(paint);
  const { checkpoint } = record;
  if (checkpoint === undefined) return [line('checkpoint', 'none yet')];
  const { succeeded, skipped, failed, quarantined, skippedBy, counts } = checkpoint.tally;
  const all = formatCounts({ succeeded, skipped, failed, quarantined });
  const loops = Object.entries(checkpoint.loops).map(([name, { done }]) => `${name} ${done ? 'done' : 'begun'}`);
  return [
    line('checkpoint', `number ${checkpoint.seq}: ${formatCount(itemsOf(record).settled, 'item')} settled (${all})`),
    ...[counts, skippedBy].filter((by) => Object.keys(by).length > 0).map((by) => line('', formatCounts(by))),
    ...(loops.length > 1 ? [line('loops', loops.join(', '))] : []),
    ...(checkpoint.mark === null
      ? []
      : [line('suspect', `${checkpoint.mark.key} is started alone, it may end the process`)]),
  ];
}

function summaryLines({ summary, finishedAt }: RunRecord, paint: Paint): readonly string[] {
  if (summary === undefined) return [];
  const title = finishedAt === undefined ? 'The last attempt that ended' : 'Summary';
  const text = summaryText({ ...summary, failures: [] }, paint);
  return ['', `  ${paint('bold', title)}`, '', ...text.split('\n').map((each) => (each === '' ? '' : `  ${each}`))];
}

function failureLines({ failures, hasMore, exchanges }: ShownRun, paint: Paint): readonly string[] {
  if (failures.length === 0) return [];
  const lines = failures.flatMap((item) => [failureLine(item), ...(exchanges ? exchangeLines(item, paint) : [])]);
  return [
    '',
    `  ${paint('red', 'Failed items')}`,
    ...lines,
    ...(hasMore ? ['    and more; --failures and --json tell all of them'] : []),
  ];
}

function failureLine({ key, error, attempts, outcome, failedAt }: FailedItem): string {
  const tries = attempts > 1 ? ` (${attempts} attempts)` : '';
  const what = outcome === 'quarantined' ? 'quarantined: ' : '';
  return `    ${key}  ${what}${error.message}${tries}, ${error.name} ${error.code}, ${formatTime(failedAt)}`;
}

function exchangeLines({ exchanges }: FailedItem, paint: Paint): readonly string[] {
  return exchanges.flatMap((exchange) => {
    const { method, url, status, error, durationMs, requestBody, responseBody } = exchange;
    const answer = [status ?? 'no answer', ...(error === null ? [] : [error])].join(', ');
    return [
      `      ${paint('bold', `${method} ${url}`)}  ${answer} in ${formatMs(durationMs)}`,
      ...messageLines('>', exchange.requestHeaders, requestBody, paint),
      ...messageLines('<', exchange.responseHeaders, responseBody, paint),
    ];
  });
}

function messageLines(
  arrow: string,
  headers: HttpExchange['requestHeaders'],
  body: string | null,
  paint: Paint,
): readonly string[] {
  return [
    ...Object.entries(headers).map(([name, value]) => paint('dim', `        ${arrow} ${name}: ${value}`)),
    ...(body === null || body === '' ? [] : body.split('\n').map((line) => `        ${arrow} ${line}`)),
  ];
}

function nextLines({ record, caseDirectory }: ShownRun, paint: Paint): readonly string[] {
  const status = statusOf(record);
  const isAlive = status === 'running' || status === 'cancelling';
  const isUnfinished = status === 'interrupted' || status === 'crashed';
  const next: readonly Step[] = [
    ...(isUnfinished && !record.dryRun
      ? [{ command: 'resume', does: 'goes on with it from its last checkpoint' }]
      : []),
    ...(isAlive || record.dryRun ? [] : redriveSteps(record)),
    ...(isAlive || isUnfinished
      ? [{ command: 'cancel', does: isAlive ? 'asks for its end' : 'ends it for good' }]
      : []),
  ];
  const rest = caseDirectory === undefined ? ' --stack external' : '';
  const rows = next.map(({ command, flags = '', does }) => [
    `npx stint ${command} ${record.runId}${flags}${rest}`,
    does,
  ]);
  if (rows.length === 0) return [];
  return ['', `  ${paint('bold', 'Next')}`, ...formatTable(rows).map((line) => `    ${line}`)];
}

interface Step {
  readonly command: string;
  readonly flags?: string;
  readonly does: string;
}

function redriveSteps(record: RunRecord): readonly Step[] {
  const { failed } = itemsOf(record);
  if (failed === 0) return [];
  const which = failed === 1 ? 'its failed item' : `its ${formatNumber(failed)} failed items`;
  const errors = Object.keys(record.checkpoint?.tally.failuresBy ?? record.summary?.failuresByError ?? {});
  // By code where there is one: it tells more than the name.
  const error = errors[0]?.split(' ').at(-1);
  return [
    { command: 'redrive', does: `works ${which} again` },
    ...(errors.length > 1
      ? [{ command: 'redrive', flags: ` --error ${error}`, does: `only those with ${error}` }]
      : []),
  ];
}
