/** All runs, the newest first, of one job or status where that was asked for. */

import { html, type Markup } from '@stint/sdk';
import type { ListPage, RunsFilter } from '../admin-service.ts';
import { type RunView, runStatuses } from '../schemas.ts';
import { page, type Visitor } from './layout.ts';
import { olderLink } from './pager.ts';
import { paths } from './paths.ts';
import { runsTable } from './runs-table.ts';

export interface RunsParts extends Visitor {
  readonly runs: ListPage<RunView>;
  readonly filter: Pick<RunsFilter, 'job' | 'status'>;
  /** Names of all jobs, to choose from. */
  readonly jobs: readonly string[];
}

export function runsPage({ runs, filter: { job, status }, jobs, caller, csrf }: RunsParts): string {
  const names = job === undefined || job === '' || jobs.includes(job) ? jobs : [...jobs, job];
  const isFiltered = Boolean(job) || status !== undefined;
  const main = html`<h1>Runs</h1>
<form method="get" action="${paths.runs}" class="filter">
${choice('job', 'Job', names, job)}
${choice('status', 'Status', runStatuses, status)}
<button type="submit">Show</button>${isFiltered && html` <a href="${paths.runs}">Show all</a>`}
</form>
${runsTable({ caption: 'Runs', runs: runs.items, ofOneJob: false })}
${olderLink(runs.next === null ? undefined : paths.runsOf({ job, status, after: runs.next }))}`;
  return page({ title: 'Runs', caller, csrf, section: 'runs', main });
}

function choice(name: string, label: string, options: readonly string[], chosen: string | undefined): Markup {
  return html`<span class="pick"><label for="filter-${name}">${label}</label>
<select id="filter-${name}" name="${name}"><option value="">all</option>${options.map(
    (option) => html`<option value="${option}"${option === chosen && html` selected`}>${option}</option>`,
  )}</select></span>`;
}
