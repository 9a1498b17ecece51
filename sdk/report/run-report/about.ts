/** Which run it is: who started it, on what, with which code; and its summary, whole. */
import { parseRedrive } from '../../ledger/redrive.ts';
import { type Content, html, type Markup } from '../../page/markup.ts';
import { formatShard } from '../../shard.ts';
import type { Summary } from '../../summary.ts';
import { factList, section } from './blocks.ts';
import { freshSummary, type RunReportOptions, startedBy, statusOf } from './report-run.ts';
import { cut, formatCount, formatTime } from './words.ts';

const longest = { text: 200, scope: 4_000, summary: 30_000 };

export function aboutSection({ record }: RunReportOptions): Markup {
  const { runId, job, trigger, holder, startedAt, finishedAt, updatedAt, dryRun, redriveOf, cancelledBy } = record;
  const { summary, shard } = record;
  const limit = freshSummary(record)?.limit;
  return section(
    'about',
    'About',
    factList([
      ['Run', html`<code>${cut(runId, longest.text)}</code>`],
      ['Job', cut(job, longest.text)],
      [
        'Status',
        `${statusOf(record)}${freshSummary(record) === undefined ? '' : `, exit code ${freshSummary(record)?.exitCode}`}`,
      ],
      ['Started', `${formatTime(startedAt)} UTC by ${cut(startedBy(record), longest.text)}`],
      ['Scheduled for', trigger.scheduledTime !== undefined && `${formatTime(trigger.scheduledTime)} UTC`],
      finishedAt === undefined
        ? ['Last sign', `${formatTime(updatedAt)} UTC`]
        : ['Ended', `${formatTime(finishedAt)} UTC`],
      ['Scope', scopeOf(record)],
      ['Shard', shard !== undefined && formatShard(shard)],
      ['Limit', limit !== undefined && `at most ${formatCount(limit, 'item')}`],
      ['Dry run', dryRun && 'nothing was written'],
      ['Redrive of', redriveOf !== undefined && redriveText(redriveOf)],
      ['Cancelled by', cancelledBy !== undefined && cut(cancelledBy, longest.text)],
      ['Resumed', summary !== undefined && resumeText(summary)],
      ['Process', holder !== '' && cut(holder, longest.text)],
      ['Version', summary !== undefined && versionText(summary)],
    ]),
  );
}

export function summaryBlock({ record: { summary } }: RunReportOptions): Markup | undefined {
  if (summary === undefined) return undefined;
  const text = JSON.stringify(summary, null, 2);
  const shown = cut(text, longest.summary);
  return html`<details class="summary"><summary>Summary as JSON${shown !== text && ', its beginning'}</summary><pre>\n${shown}</pre></details>`;
}

function scopeOf({ scope }: RunReportOptions['record']): Content {
  const text = JSON.stringify(scope, null, 2);
  return text === '{}' ? 'everything' : html`<pre>\n${cut(text, longest.scope)}</pre>`;
}

function redriveText(redriveOf: string): Content {
  const { runId, error, keys } = parseRedrive(redriveOf);
  const which = [
    ...(error === null ? [] : [`items with ${cut(error, longest.text)}`]),
    ...(keys === null ? [] : [formatCount(keys.length, 'item')]),
  ];
  return html`<code>${runId}</code>${which.length > 0 && `, ${which.join(', ')}`}`;
}

function resumeText({ resume }: Summary): string | undefined {
  const { fromCheckpoint, recovered, replayed, replayedAtMost } = resume;
  if (!fromCheckpoint && !recovered) return undefined;
  const from = fromCheckpoint ? 'from its checkpoint' : 'from the start: no checkpoint was saved';
  const why = recovered ? ', after its process had died' : '';
  const twice =
    replayedAtMost === 0 ? '' : `; ${formatCount(replayed, 'item')} worked twice, at most ${replayedAtMost}`;
  return `${from}${why}${twice}`;
}

function versionText({ version: { commit, image } }: Summary): Content {
  const parts = [commit, image].filter((part) => part !== null).map((part) => cut(part, longest.text));
  return parts.length === 0 ? 'not told' : html`<code>${parts.join(', ')}</code>`;
}
