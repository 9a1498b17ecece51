/** A run in the report: what was done, how it ended and what came of it; the way it was started folded away. */
import { html, type Markup } from '@stint/sdk';
import { formatMs } from '../../cli/format.ts';
import type { QaRun, QaRunEnd, RouteCalls } from './qa-report.ts';
import { type Fact, summaryFacts } from './summary-facts.ts';

/** @param number of the run, when its check made several */
export function runSection(run: QaRun, number: number | undefined): Markup {
  const { did, scope, command, environment, end, calls } = run;
  const facts: readonly Fact[] = [
    ['ended', end === undefined ? 'it did not end before the report was written' : endText(end)],
    ['scope', isEmpty(scope) ? 'everything' : html`<code>${JSON.stringify(scope)}</code>`],
    ...(end?.summary === undefined ? [] : summaryFacts(end.summary)),
    ...(end?.said === undefined ? [] : [['said', html`<pre>${end.said}</pre>`] as const]),
    ['API calls', callsTable(calls)],
  ];
  return html`<section class="run">
<h4>${number !== undefined && `${number}. `}${did}</h4>
${factList(facts)}
<details><summary>how it was started</summary>
<pre>${command}</pre>
${factList(Object.entries(environment).map(([name, value]): Fact => [name, html`<code>${value}</code>`]))}
</details>
${end?.summary !== undefined && html`<details><summary>the whole summary</summary><pre>${JSON.stringify(end.summary, null, 2)}</pre></details>`}
</section>`;
}

function endText({ exitCode, signal, durationMs, summary }: QaRunEnd): Markup {
  const how = signal === null ? `exit code ${exitCode}` : `killed by ${signal}`;
  const status = summary === undefined ? 'without a summary' : summary.status;
  return html`<strong>${status}</strong>, ${how}, after ${formatMs(durationMs)}`;
}

function callsTable(calls: readonly RouteCalls[]): Markup {
  if (calls.length === 0) return html`none`;
  return html`<table>${calls.map(
    ({ method, route, byStatus, api }) =>
      html`<tr><td><code>${method} ${route}</code></td><td>${Object.entries(byStatus)
        .map(([status, count]) => (status === 'none' ? `${count} not answered` : `${status} × ${count}`))
        .join(', ')}</td><td class="dim">${api}</td></tr>`,
  )}</table>`;
}

function factList(facts: readonly Fact[]): Markup {
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function isEmpty(scope: unknown): boolean {
  return typeof scope === 'object' && scope !== null && Object.keys(scope).length === 0;
}
