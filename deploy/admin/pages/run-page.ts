/** One run: how far it is, what became of it, what failed and why, who tried it, and what can be done about it. */

import { formatShard, html, type Markup } from '@stint/sdk';
import type { ListPage } from '../admin-service.ts';
import { progressTexts, statusOf } from '../assets/run-words.js';
import type { FailureView, RunView } from '../schemas.ts';
import { type Fact, facts } from './facts.ts';
import { failuresSection } from './failures-section.ts';
import { page, type Visitor } from './layout.ts';
import { paths } from './paths.ts';
import { actionButton, actionsOf } from './run-actions.ts';
import { runAttempts } from './run-attempts.ts';
import { runProgress } from './run-progress.ts';
import { runResults } from './run-results.ts';
import { badge, durationOf, startedBy, time, took } from './words.ts';

export interface RunParts extends Visitor {
  readonly run: RunView;
  readonly failures: ListPage<FailureView>;
  /** The name or code of the error that failures were asked for by. @default all */
  readonly error?: string | undefined;
  /** Where its logs and traces are. @default no links */
  readonly links?: { readonly logs?: string | undefined; readonly traces?: string | undefined };
  /** What was just done, or could not be, told on top. @default nothing */
  readonly notice?: string | undefined;
}

export function runPage({ run, failures, error, links = {}, notice, caller, csrf }: RunParts): string {
  const mayAct = caller !== undefined && caller.role !== 'read';
  const { summary } = run;
  const main = html`<p class="crumbs"><a href="${paths.runs}">Runs</a> / <a href="${paths.job(run.job)}">${run.job}</a></p>
<h1>${run.job} ${badge(statusOf(run), html` data-place="status"`)}${run.dryRun && html` <span class="tag">dry run</span>`}${run.redriveOf !== null && html` <span class="tag">redrive</span>`}</h1>
<p class="id dim">${run.runId}</p>
<div class="actions">${mayAct && actionsOf(run).map((action) => actionButton(run, action, csrf))}
${mayAct && run.redriveOf === null && run.shard === undefined && html`<a class="button" href="${paths.jobLike(run.job, run.runId)}">Start another like it</a>`}
<a class="button" href="${paths.report(run.runId)}">Report</a>
${outside('Logs', links.logs)}${outside('Traces', links.traces)}</div>
${summary !== null && summary.error !== null && run.status !== 'cancelled' && html`<div class="problems"><p><b>${summary.error.name}</b> <code>${summary.error.code}</code></p><p class="long">${summary.error.message}</p></div>`}
${run.finishedAt === null && runProgress(run)}
<section class="card" aria-labelledby="about"><h2 id="about">About</h2>${facts(factsOf(run))}</section>
${summary !== null && resultsOf(run, summary)}
${failuresSection({ run, failures, error, mayRedrive: mayAct, csrf })}
${runAttempts(run)}
${summary !== null && html`<details id="summary-json"><summary>Summary as JSON</summary><pre>${JSON.stringify(summary, null, 2)}</pre></details>`}`;
  return page({ title: `${run.job}, ${statusOf(run)}`, caller, csrf, section: 'runs', main, notice });
}

function resultsOf(run: RunView, summary: NonNullable<RunView['summary']>): Markup {
  const isOld = run.finishedAt === null;
  return html`${isOld && html`<h2>The last attempt that ended</h2>`}${runResults(summary)}`;
}

function factsOf(run: RunView): readonly Fact[] {
  const { finishedAt, updatedAt, summary } = run;
  return [
    ['Started', html`${time(run.startedAt)} by ${startedBy(run)}`],
    ['Scheduled for', run.trigger.scheduledTime !== undefined && time(run.trigger.scheduledTime)],
    finishedAt === null
      ? [
          'Last sign',
          html`<span id="last-sign">${time(updatedAt)}</span> <span class="dim" data-place="ran">${progressTexts(run).ran}</span>`,
        ]
      : ['Ended', html`${time(finishedAt)} <span class="dim">after ${took(durationOf(run))}</span>`],
    ['Attempt', run.attempt > 1 && `${run.attempt}`],
    ['Redrive of', run.redriveOf !== null && redriven(run.redriveOf)],
    ['Cancelled by', run.cancelledBy !== null && run.cancelledBy],
    ['Process', html`<span class="id">${run.holder}</span>`],
    ['Version', summary !== null && versionOf(summary.version)],
    ['Scope', scopeOf(run)],
    ['Shard', run.shard !== undefined && formatShard(run.shard)],
  ];
}

function scopeOf({ scope }: RunView): Markup {
  const text = JSON.stringify(scope, null, 2);
  return text === '{}' ? html`everything` : html`<pre>${text}</pre>`;
}

function redriven({ runId, error, keys }: NonNullable<RunView['redriveOf']>): Markup {
  return html`<a class="id" href="${paths.run(runId)}">${runId}</a>${error !== null && html`, items with <code>${error}</code>`}${keys !== null && html`, ${keys.length === 1 ? 'one item' : `${keys.length} items`}`}`;
}

function versionOf({ commit, image }: { readonly commit: string | null; readonly image: string | null }) {
  if (commit === null && image === null) return undefined;
  return html`<span class="id">${[commit, image].filter((part) => part !== null).join(', ')}</span>`;
}

/** Only addresses of the web: one that came from a misspelt setting must not be a script. */
function outside(label: string, address: string | undefined): Markup | undefined {
  if (address === undefined || !/^https?:\/\//i.test(address)) return undefined;
  return html`<a class="button" href="${address}" rel="noreferrer">${label} ↗</a>`;
}
