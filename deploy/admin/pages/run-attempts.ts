/** The processes that tried a run. */

import { type Content, html, type Markup } from '@stint/sdk';
import { formatNumber } from '../assets/format.js';
import { statusOf } from '../assets/run-words.js';
import type { AttemptView, RunView } from '../schemas.ts';
import { type Column, table } from './table.ts';
import { time, took } from './words.ts';

const columns: readonly Column[] = [
  { name: 'Attempt' },
  { name: 'Began' },
  { name: 'Took', look: 'figure' },
  { name: 'Ended', look: 'sentence' },
  { name: 'Checkpoints' },
  { name: 'Process', isExtra: true },
];

export function runAttempts(run: RunView): Markup {
  const { attempts } = run;
  return html`<section aria-labelledby="attempts"><h2 id="attempts">Attempts</h2>
${attempts.length === 0 ? html`<p class="empty">Not recorded.</p>` : table({ caption: 'Attempts', columns, rows: attempts.map((attempt) => cells(attempt, run)) })}
</section>`;
}

function cells(attempt: AttemptView, run: RunView): readonly Content[] {
  const { startedAt, endedAt, holder } = attempt;
  return [
    `${attempt.attempt}`,
    time(startedAt),
    took(endedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt))),
    ending(attempt, isGoingOn(attempt, run)),
    checkpoints(attempt),
    html`<span class="id">${holder}</span>`,
  ];
}

function isGoingOn({ attempt, endedAt }: AttemptView, run: RunView): boolean {
  return endedAt === null && attempt === run.attempt && ['running', 'cancelling'].includes(statusOf(run));
}

function ending({ status, reason }: AttemptView, isGoing: boolean): Markup {
  const said = status ?? (isGoing ? 'goes on' : 'did not say: its process died');
  return html`${said}${reason !== null && html`<br><span class="dim long">${reason}</span>`}`;
}

function checkpoints({ fromCheckpoint, toCheckpoint }: AttemptView): string {
  const from = fromCheckpoint === 0 ? 'from the beginning' : `from ${formatNumber(fromCheckpoint)}`;
  return toCheckpoint === null || toCheckpoint === fromCheckpoint ? from : `${from} to ${formatNumber(toCheckpoint)}`;
}
