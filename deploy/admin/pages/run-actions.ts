/**
 * What can be done about a run, each with a question first: in a dialog that the script opens, or on a page of its own where there
 * is no script.
 */

import { html, type Markup } from '@stint/sdk';
import { statusOf } from '../assets/run-words.js';
import type { RunView } from '../schemas.ts';
import { csrfField } from './csrf-field.ts';
import { paths } from './paths.ts';

export type RunAction = 'cancel' | 'resume';

interface Question {
  readonly title: string;
  readonly told: string;
  readonly yes: string;
  readonly no: string;
  readonly look: 'danger' | 'primary';
}

export const questions: Readonly<Record<RunAction, Question>> = {
  cancel: {
    title: 'Cancel this run?',
    told: 'It ends for good and cannot be resumed: nothing new starts, items in flight may end, what is settled stays settled. The next start begins from the beginning.',
    yes: 'Cancel run',
    no: 'Keep it',
    look: 'danger',
  },
  resume: {
    title: 'Resume this run?',
    told: 'It goes on from its last checkpoint, on the code that is here now. Items that were settled after the checkpoint are worked again.',
    yes: 'Resume run',
    no: 'Leave it',
    look: 'primary',
  },
};

/** What may be asked for, as far as the run says; whether it is granted is for whoever takes the form. */
export function actionsOf(run: RunView): readonly RunAction[] {
  const status = statusOf(run);
  if (status === 'running') return ['cancel'];
  if (status !== 'interrupted' && status !== 'crashed') return [];
  return run.dryRun ? ['cancel'] : ['resume', 'cancel'];
}

/** A button, and the dialog that it opens. */
export function actionButton(run: RunView, action: RunAction, csrf: string | undefined): Markup {
  const { title, told, yes, no, look } = questions[action];
  return html`<form method="get" action="${paths[action](run.runId)}"><input type="hidden" name="confirm" value="">
<button type="submit" id="${action}" class="${look}" data-dialog="${action}-dialog">${yes}…</button></form>
<dialog id="${action}-dialog" aria-labelledby="${action}-title" aria-describedby="${action}-told">
<h2 id="${action}-title">${title}</h2>
<p class="dim">${run.job}, <span class="id">${run.runId}</span></p>
<p id="${action}-told">${told}</p>
<div class="actions">${actionForm(run, action, csrf)}
<form method="dialog"><button type="submit" id="${action}-no" autofocus>${no}</button></form></div>
</dialog>`;
}

/** Does it, without another question. */
export function actionForm(run: Pick<RunView, 'runId'>, action: RunAction, csrf: string | undefined): Markup {
  const { yes, look } = questions[action];
  return html`<form method="post" action="${paths[action](run.runId)}">${csrfField(csrf)}<button type="submit" id="${action}-yes" class="${look}">${yes}</button></form>`;
}
