/** The processes that tried a run. */
import { formatNumber } from '../assets/format.js';
import type { AttemptView, RunView } from '../schemas.ts';
import { type Content, html, type Markup } from './markup.ts';
import { type Column, table } from './table.ts';
import { time, took } from './words.ts';

const columns: readonly Column[] = [
  { name: 'Attempt', look: 'figure' },
  { name: 'Began' },
  { name: 'Took', look: 'figure' },
  { name: 'Ended' },
  { name: 'Checkpoints' },
  { name: 'Process', isExtra: true },
];

export function runAttempts({ attempts }: RunView): Markup {
  return html`<section aria-labelledby="attempts"><h2 id="attempts">Attempts</h2>
${attempts.length === 0 ? html`<p class="empty">Not recorded.</p>` : table({ caption: 'Attempts', columns, rows: attempts.map(cells) })}
</section>`;
}

function cells(attempt: AttemptView): readonly Content[] {
  const { startedAt, endedAt, holder } = attempt;
  return [
    `${attempt.attempt}`,
    time(startedAt),
    took(endedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt))),
    ending(attempt),
    checkpoints(attempt),
    html`<span class="id">${holder}</span>`,
  ];
}

function ending({ endedAt, status, reason }: AttemptView): Markup {
  const said = status ?? (endedAt === null ? 'goes on, or its process died' : 'did not say how');
  return html`${said}${reason !== null && html`<br><span class="dim long">${reason}</span>`}`;
}

function checkpoints({ fromCheckpoint, toCheckpoint }: AttemptView): string {
  const from = fromCheckpoint === 0 ? 'from the beginning' : `from ${formatNumber(fromCheckpoint)}`;
  return toCheckpoint === null || toCheckpoint === fromCheckpoint ? from : `${from} to ${formatNumber(toCheckpoint)}`;
}
