/** The question before a run is cancelled or resumed, where there is no script to ask it in a dialog. */

import { html } from '@stint/sdk';
import type { RunView } from '../schemas.ts';
import { page, type Visitor } from './layout.ts';
import { paths } from './paths.ts';
import { actionForm, questions, type RunAction } from './run-actions.ts';
import { statusBadge } from './words.ts';

export interface ConfirmParts extends Visitor {
  readonly run: RunView;
  readonly action: RunAction;
}

export function confirmPage({ run, action, caller, csrf }: ConfirmParts): string {
  const { title, told, no } = questions[action];
  const main = html`<div class="narrow card">
<h1>${title}</h1>
<p>${run.job} ${statusBadge(run)}<br><span class="id dim">${run.runId}</span></p>
<p>${told}</p>
<div class="actions">${actionForm(run, action, csrf)}
<a class="button" href="${paths.run(run.runId)}">${no}</a></div>
</div>`;
  return page({ title, caller, csrf, section: 'runs', main });
}
