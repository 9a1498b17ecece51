/** All jobs: what each does, when it goes, and how it went. */

import { html, type Markup } from '@stint/sdk';
import { toneOf } from '../assets/run-words.js';
import type { JobView } from '../schemas.ts';
import { healthBars } from './health-bars.ts';
import { page, type Visitor } from './layout.ts';
import { paths } from './paths.ts';
import { time, took } from './words.ts';

export interface JobsParts extends Visitor {
  readonly jobs: readonly JobView[];
}

export function jobsPage({ jobs, caller, csrf }: JobsParts): string {
  const main = html`<h1>Jobs</h1>
${jobs.length === 0 ? html`<p class="empty">No job is registered: add one to <code>jobs/registry.ts</code>.</p>` : html`<ul class="jobs">${jobs.map(jobCard)}</ul>`}`;
  return page({ title: 'Jobs', caller, csrf, section: 'jobs', main });
}

function jobCard(job: JobView): Markup {
  return html`<li class="card job">
<div class="what"><h2><a class="job-name" href="${paths.job(job.name)}">${job.name}</a></h2>
<p>${job.summary}</p></div>
<dl class="when">
<div><dt>Schedule</dt><dd>${job.schedule ?? 'by hand only'}</dd></div>
<div><dt>Next run</dt><dd>${job.nextRuns[0] === undefined ? '–' : time(job.nextRuns[0])}</dd></div>
<div><dt>Last run</dt><dd>${lastRun(job)}</dd></div>
</dl>
${healthBars(job.name, job.health)}
</li>`;
}

function lastRun({ health }: JobView): Markup {
  const [last] = health;
  if (last === undefined) return html`never`;
  return html`<a class="plainly" href="${paths.run(last.runId)}"><span class="badge" data-tone="${toneOf(last.status)}">${last.status}</span></a>
${time(last.startedAt)}${last.durationMs !== null && html` <span class="dim">in ${took(last.durationMs)}</span>`}`;
}
