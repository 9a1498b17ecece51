/** An error, for a browser. */

import { html } from '@stint/sdk';
import { page, type Visitor } from './layout.ts';
import { paths } from './paths.ts';

export interface ProblemParts extends Visitor {
  readonly status: number;
  /** What is wrong, in a few words: `Not found`. */
  readonly title: string;
  readonly detail: string;
  /** Of an input that does not fit. @default none */
  readonly errors?: readonly { readonly path: string; readonly message: string }[] | undefined;
  /** The run that is in the way. @default none */
  readonly runId?: string | undefined;
}

export function problemPage({ status, title, detail, errors = [], runId, caller, csrf }: ProblemParts): string {
  const main = html`<div class="narrow card">
<p class="dim">${status}</p>
<h1>${title}</h1>
<p class="long">${detail}</p>
${errors.length > 0 && html`<ul>${errors.map(({ path, message }) => html`<li>${path !== '' && html`<code>${path}</code>: `}${message}</li>`)}</ul>`}
<p class="actions">${runId !== undefined && html`<a class="button" href="${paths.run(runId)}">Show run ${runId}</a>`}
${caller === undefined ? html`<a class="button" href="${paths.login}">Log in</a>` : html`<a class="button" href="${paths.jobs}">All jobs</a>`}</p>
</div>`;
  return page({ title, caller, csrf, main });
}
