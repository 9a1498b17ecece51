/** What is worth a look in a run, the worst first: what a person on call would find out by reading all of the report. */
import type { Summary } from '../../summary.ts';
import { crashesOf, durationOf, freshSummary, type Outcomes, type RunReportOptions, statusOf } from './report-run.ts';
import { countsText, cut, formatCount, formatMs, formatNumber, formatShare } from './words.ts';

export interface Finding {
  readonly tone: 'bad' | 'wait' | 'dim';
  readonly text: string;
  /** Id of the section that tells more. */
  readonly more?: string;
}

const unusual = 1.5;
const slowestUnusualMs = 1_000;
const errorShare = 0.02;
const longestMessage = 600;
const longestName = 120;

export function findingsOf(options: RunReportOptions, outcomes: Outcomes | undefined): readonly Finding[] {
  const summary = freshSummary(options.record);
  return [
    ...errorFindings(options),
    ...(outcomes === undefined ? [] : itemFindings(outcomes)),
    ...attemptFindings(options),
    ...durationFindings(options),
    ...(summary === undefined ? [] : [...serviceFindings(summary), ...paceFindings(summary)]),
    ...(options.record.dryRun ? [{ tone: 'dim', text: 'It was a dry run: nothing was written.' } as const] : []),
    ...nothingSettled(options, outcomes),
  ];
}

function errorFindings({ record }: RunReportOptions): readonly Finding[] {
  const error = record.summary?.error ?? null;
  if (error === null) return [];
  const isOld = freshSummary(record) === undefined;
  const tone = ['failed', 'crashed'].includes(statusOf(record)) ? 'bad' : 'wait';
  const message = cut(error.message, longestMessage);
  const code = cut(error.code === '' ? error.name : error.code, longestName);
  return [{ tone, text: `${isOld ? 'An attempt before: ' : ''}${message} (${code})` }];
}

function itemFindings({ settled, failed, quarantined, failuresBy, remaining, source }: Outcomes): readonly Finding[] {
  const asOf = source === 'checkpoint' ? ', as its last checkpoint has it' : '';
  const why = Object.keys(failuresBy).length === 0 ? '' : `: ${countsText(failuresBy)}`;
  return [
    ...(failed + quarantined === 0
      ? []
      : [
          {
            tone: 'bad',
            text: `${formatNumber(failed + quarantined)} of ${formatCount(settled, 'item')} failed (${formatShare(failed + quarantined, settled)})${why}${asOf}.`,
            more: 'failures',
          } as const,
        ]),
    ...(quarantined === 0
      ? []
      : [
          {
            tone: 'bad',
            text: `${formatCount(quarantined, 'item')} quarantined: in flight when its process died, twice.`,
            more: 'failures',
          } as const,
        ]),
    ...(remaining === 0
      ? []
      : [{ tone: 'wait', text: `${formatCount(remaining, 'item')} read, but not worked on yet.` } as const]),
  ];
}

function attemptFindings({ record }: RunReportOptions): readonly Finding[] {
  const status = statusOf(record);
  const crashes = crashesOf(record);
  const twice = freshSummary(record)?.resume.replayedAtMost ?? 0;
  const worked = twice === 0 ? '' : ` At most ${formatCount(twice, 'item')} worked twice.`;
  return [
    ...(crashes === 0
      ? []
      : [
          {
            tone: 'wait',
            text: `Its process died ${crashes === 1 ? 'once' : `${crashes} times`} without a word, in ${formatCount(record.attempt, 'attempt')}.${worked}`,
            more: 'attempts',
          } as const,
        ]),
    ...(status === 'interrupted' || status === 'crashed'
      ? [
          {
            tone: 'wait',
            text: record.dryRun
              ? 'A dry run is not gone on with.'
              : 'The next start of the same job and scope goes on from its last checkpoint.',
          } as const,
        ]
      : []),
    ...(record.cancelledBy === undefined
      ? []
      : [{ tone: 'wait', text: `${cut(record.cancelledBy, 80)} asked for its end.` } as const]),
  ];
}

function durationFindings({ record, medianMs }: RunReportOptions): readonly Finding[] {
  const ms = durationOf(record);
  if (medianMs === undefined || medianMs <= 0 || record.finishedAt === undefined) return [];
  const ratio = ms / medianMs;
  if (ratio < unusual || ms - medianMs < slowestUnusualMs) return [];
  const usual = `${formatMs(ms)} instead of ${formatMs(medianMs)}, the median of runs like it`;
  return [{ tone: 'wait', text: `It took ${formatNumber(ratio)} times as long as usual: ${usual}.`, more: 'course' }];
}

function serviceFindings({ external }: Summary): readonly Finding[] {
  const bad = Object.entries(external).filter(([, { calls, errors }]) => calls > 0 && errors / calls >= errorShare);
  return bad.slice(0, 3).map(([host, { calls, errors }]) => ({
    tone: 'wait',
    text: `${cut(host, 80)}: ${formatNumber(errors)} of ${formatCount(calls, 'call')} went wrong (${formatShare(errors, calls)}).`,
    more: 'services',
  }));
}

/** What it was that a run could not go faster than. */
function paceFindings({ items, limits, durationMs }: Summary): readonly Finding[] {
  const { perSecond, waitedMs } = limits;
  // Of loops that go on side by side it is added up.
  const isHeld = items.read > 0 && waitedMs >= durationMs / 2;
  if (perSecond.limit === null || perSecond.peak < perSecond.limit || !isHeld) return [];
  const text = `The rate limit of ${formatNumber(perSecond.limit)} a second set its pace: it held starts back for most of the time (${formatMs(waitedMs)} in all).`;
  return [{ tone: 'dim', text, more: 'limits' }];
}

function nothingSettled({ record }: RunReportOptions, outcomes: Outcomes | undefined): readonly Finding[] {
  if (outcomes !== undefined || statusOf(record) === 'refused') return [];
  return [{ tone: 'dim', text: 'Nothing is known of its items: it has saved no checkpoint yet.' }];
}
