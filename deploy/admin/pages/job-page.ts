/** One job: what holds for it, a form to start it with, and how it went. */

import { html, type Markup } from '@stint/sdk';
import { formatNumber } from '../assets/format.js';
import type { JobView, RunView } from '../schemas.ts';
import { type Fact, facts } from './facts.ts';
import { historyCharts } from './history-charts.ts';
import { page, type Visitor } from './layout.ts';
import { paths } from './paths.ts';
import { runsTable } from './runs-table.ts';
import { type StartFormState, startForm } from './start-form.ts';
import { time } from './words.ts';

export interface JobParts extends Visitor {
  readonly job: JobView;
  /** The newest first. */
  readonly history: readonly RunView[];
  readonly form: StartFormState;
}

export function jobPage({ job, history, form, caller, csrf }: JobParts): string {
  const mayStart = caller !== undefined && caller.role !== 'read';
  const main = html`<p class="crumbs"><a href="${paths.jobs}">Jobs</a></p>
<h1>${job.name}</h1>
<p class="lead">${job.summary}</p>
<div class="columns">
<div>
${mayStart ? startForm(job, form, csrf) : html`<p class="card note">You may look. To start it, a token with the role <b>trigger</b> or <b>admin</b> is needed.</p>`}
</div>
<aside class="card" aria-labelledby="in-force">
<h2 id="in-force">In force</h2>
${facts(factsOf(job))}
</aside>
</div>
<section aria-labelledby="history">
<h2 id="history">History</h2>
${historyCharts(history)}
${runsTable({ caption: `Runs of ${job.name}`, runs: history, ofOneJob: true })}
<p class="actions"><a class="button" href="${paths.runsOf({ job: job.name })}">All runs of this job</a></p>
</section>`;
  const title = form.errors.length > 0 || form.message !== undefined ? `Error: ${job.name}` : job.name;
  return page({ title, caller, csrf, section: 'jobs', main });
}

function factsOf(job: JobView): readonly Fact[] {
  const { concurrency, perSecond } = job.limits;
  return [
    ['Schedule', job.schedule ?? 'by hand only'],
    ['Next runs', job.nextRuns.length > 0 && nextRuns(job.nextRuns)],
    ['If one is running', overlaps[job.overlap]],
    ['Keeps away', excludes[job.exclusive]],
    ['At once', `${formatNumber(concurrency)} items`],
    ['A second', perSecond === null ? 'as fast as it can' : `${formatNumber(perSecond)} starts at most`],
    ['Started here', targets[job.target]],
  ];
}

function nextRuns(times: readonly string[]): Markup {
  return html`<ul class="bare">${times.map((each) => html`<li>${time(each)}</li>`)}</ul>`;
}

const overlaps: Readonly<Record<JobView['overlap'], string>> = {
  skip: 'the new start is refused (skip)',
  wait: 'the new start waits for its end (wait)',
  'cancel-other': 'it is cancelled for the new start (cancel-other)',
  allow: 'both run (allow)',
};

const excludes: Readonly<Record<JobView['exclusive'], string>> = {
  job: 'every other run of the job',
  scope: 'runs of the same scope; others may go beside it',
};

const targets: Readonly<Record<JobView['target'], string>> = {
  process: 'goes on in this process',
  task: 'goes on in a task of its own',
};
