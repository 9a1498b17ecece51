/** The failed items of a run: which, why, what was said to other services, and a way to run them again. */

import { type Content, html, type Markup } from '@stint/sdk';
import type { ListPage } from '../admin-service.ts';
import { formatCount, formatNumber } from '../assets/format.js';
import { statusOf } from '../assets/run-words.js';
import type { FailureView, RunView } from '../schemas.ts';
import { csrfField } from './csrf-field.ts';
import { filterOf } from './error-filter.ts';
import { exchangesOf } from './failure-exchanges.ts';
import { olderLink } from './pager.ts';
import { paths } from './paths.ts';
import { type WhichItems, writeKey } from './redrive-form.ts';
import { type Column, table } from './table.ts';
import { itemsOf, time } from './words.ts';

const longestKey = 120;

export interface FailuresParts {
  readonly run: RunView;
  readonly failures: ListPage<FailureView>;
  /** The name or code that they were asked for by; undefined: all. */
  readonly error: string | undefined;
  readonly mayRedrive: boolean;
  readonly csrf: string | undefined;
}

export function failuresSection(parts: FailuresParts): Markup {
  const { run, failures, error } = parts;
  const count = itemsOf(run)?.failed;
  return html`<section aria-labelledby="failures">
<h2 id="failures">Failed items${count !== undefined && count > 0 && html` <span class="count">${formatNumber(count)}</span>`}</h2>
${filter(parts)}
${failures.items.length === 0 ? html`<p class="empty">${error === undefined ? noneOf(run) : `None with ${error}.`}</p>` : list(parts)}
${olderLink(failures.next === null ? undefined : paths.failuresOf(run.runId, { error, after: failures.next }), 'More')}
</section>`;
}

function noneOf(run: RunView): string {
  return run.status === 'running' ? 'None so far that a checkpoint has saved.' : 'None.';
}

function filter({ run, failures, error }: FailuresParts): Markup | undefined {
  const known = errorsOf(run, failures.items, error);
  if (known.length === 0) return undefined;
  return html`<form method="get" action="${paths.run(run.runId)}#failures" class="filter">
<span class="pick"><label for="error">Error</label>
<select id="error" name="error"><option value="">all</option>${known.map(
    ({ value, label }) => html`<option value="${value}"${value === error && html` selected`}>${label}</option>`,
  )}</select></span>
<button type="submit" id="show-failures">Show</button></form>`;
}

interface KnownError {
  /** A code, or a name where there is no code. */
  readonly value: string;
  readonly label: string;
}

function errorsOf(
  { summary }: RunView,
  items: readonly FailureView[],
  current: string | undefined,
): readonly KnownError[] {
  const known = new Map<string, string>();
  for (const [nameAndCode, count] of Object.entries(summary?.failuresByError ?? {}))
    known.set(filterOf(nameAndCode), `${nameAndCode} (${formatNumber(count)})`);
  for (const { error } of items) {
    const value = error.code === '' ? error.name : error.code;
    if (!known.has(value)) known.set(value, `${error.name} ${error.code}`.trim());
  }
  if (current !== undefined && current !== '' && !known.has(current)) known.set(current, current);
  return [...known].map(([value, label]) => ({ value, label }));
}

function list(parts: FailuresParts): Markup {
  const { run, failures, error } = parts;
  const mayRedrive = parts.mayRedrive && isOver(run);
  const columns: readonly Column[] = [
    ...(mayRedrive ? [{ name: 'Select' }] : []),
    { name: 'Item', look: 'key' },
    { name: 'Error', look: 'sentence' },
    { name: 'Tries', look: 'figure' },
    { name: 'When', isExtra: true },
  ];
  const hasLoops = new Set(failures.items.map(({ loop }) => loop)).size > 1;
  const rows = failures.items.map((failure, index) => [
    ...(mayRedrive ? [box(failure, index)] : []),
    html`${keyOf(failure, index)}${hasLoops && html` <span class="dim">${failure.loop}</span>`}`,
    whatFailed(failure, index),
    formatNumber(failure.attempts),
    time(failure.failedAt),
  ]);
  const rowsTable = table({ caption: 'Failed items', columns, rows });
  if (!mayRedrive) return rowsTable;
  return html`<form method="post" action="${paths.redrive(run.runId)}" id="redrive-selected" data-selection>
${csrfField(parts.csrf)}${which('selected')}
<div class="toolbar"><label class="all" hidden data-scripted><input type="checkbox" id="select-all" data-select-all> All ${formatCount(failures.items.length, 'item')} shown</label>
<button type="submit" class="primary" id="redrive-selected-button">Redrive selected<span data-selected></span></button>
${error !== undefined && html`<button type="submit" form="redrive-error" id="redrive-error-button">Redrive all with ${error}</button>`}
<button type="submit" form="redrive-all" id="redrive-all-button">Redrive all failed</button></div>
${rowsTable}
</form>
${error !== undefined && html`<form method="post" action="${paths.redrive(run.runId)}" id="redrive-error">${csrfField(parts.csrf)}${which('error')}<input type="hidden" name="error" value="${error}"></form>`}
<form method="post" action="${paths.redrive(run.runId)}" id="redrive-all">${csrfField(parts.csrf)}${which('all')}</form>`;
}

/** A very long one as much as is needed to know it; all of it is a click away. */
function keyOf({ key }: FailureView, index: number): Markup {
  if (key.length <= longestKey) return html`<code>${key}</code>`;
  const rest = html`<details id="key-${index}"><summary>all ${formatCount(key.length, 'character')}</summary><code>${key}</code></details>`;
  return html`<code>${key.slice(0, longestKey)}…</code>${rest}`;
}

/** One that is not over is resumed, and works its failed items then. */
function isOver(run: RunView): boolean {
  return ['succeeded', 'failed', 'cancelled'].includes(statusOf(run));
}

function which(items: WhichItems): Markup {
  return html`<input type="hidden" name="which" value="${items}">`;
}

function box({ key }: FailureView, index: number): Content {
  return html`<input type="checkbox" id="failure-${index}" name="keys" value="${writeKey(key)}" aria-label="Select ${key.slice(0, longestKey)}">`;
}

function whatFailed(failure: FailureView, index: number): Markup {
  const { error, outcome } = failure;
  return html`<b>${error.name}</b> ${error.code !== '' && html`<code>${error.code}</code>`}${outcome === 'quarantined' && html` <span class="tag">quarantined</span>`}
<div class="long">${error.message}</div>${exchangesOf(failure, `exchanges-${index}`)}`;
}
