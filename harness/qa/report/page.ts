/**
 * The report as one HTML page, which needs nothing else: no script, no resource from outside.
 *
 * The verdict comes first, what failed is open and linked from it. Everything that comes from a run is escaped.
 */
import { html, Markup, pageStyle } from '@stint/sdk';
import { formatCount, formatMs, formatTime } from '../../cli/format.ts';
import type { QaCheck, QaFailure, QaReport } from './qa-report.ts';
import { runSection } from './run-section.ts';

const marks = { passed: '✓', failed: '✗', 'not run': '–' } as const;

export function reportPage(report: QaReport): string {
  const verdict = verdictOf(report);
  const subjects = Map.groupBy(report.checks, ({ subject }) => subject);
  const ids = new Map(report.checks.map((check, index) => [check, `check-${index + 1}`]));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${verdict.text}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
${verdictSection(report, verdict, ids)}
${[...subjects].map(
  ([subject, checks]) => html`<h2>${subject} <span class="dim">${tally(checks)}</span></h2>
${checks.map((check) => checkSection(check, ids.get(check) ?? ''))}`,
)}
</main>
</body>
</html>
`;
  return page.html;
}

interface Verdict {
  readonly text: string;
  readonly look: 'passed' | 'failed' | 'other';
}

function verdictOf({ checks, expectedChecks, finishedAt }: QaReport): Verdict {
  const count = (state: QaCheck['state']) => checks.filter((check) => check.state === state).length;
  const [failed, passed] = [count('failed'), count('passed')];
  // Mocha says that a run has ended when it was told to end (Ctrl-C), too.
  const isWhole = finishedAt !== undefined && checks.length >= expectedChecks;
  const cutOff = isWhole ? '' : `; the run did not come to its end (${checks.length} of ${expectedChecks})`;
  if (failed > 0)
    return { text: `${failed} of ${formatCount(checks.length, 'check')} failed${cutOff}`, look: 'failed' };
  if (!isWhole) return { text: `Nothing failed so far${cutOff}`, look: 'other' };
  if (passed === 0) return { text: 'Nothing was checked', look: 'other' };
  if (passed < checks.length)
    return { text: `${passed} of ${checks.length} checks passed, the others were not run`, look: 'other' };
  return { text: passed === 1 ? 'The only check passed' : `All ${passed} checks passed`, look: 'passed' };
}

function verdictSection(
  { checks, startedAt, finishedAt, stack }: QaReport,
  { text, look }: Verdict,
  ids: ReadonlyMap<QaCheck, string>,
): Markup {
  const failed = checks.filter(({ state }) => state === 'failed');
  const runs = checks.reduce((sum, check) => sum + check.runs.length, 0);
  const took = finishedAt === undefined ? '' : ` in ${formatMs(finishedAt.getTime() - startedAt.getTime())}`;
  return html`<header class="verdict ${look}">
<h1>${text}</h1>
<p class="dim">${formatCount(runs, 'run')} of real processes on the ${stack} stack, ${formatTime(startedAt.toISOString())} UTC${took}</p>
${failed.length > 0 && html`<ul>${failed.map((check) => html`<li><a href="#${ids.get(check)}">${check.subject}: ${check.title}</a></li>`)}</ul>`}
</header>`;
}

function checkSection({ title, state, durationMs, failure, runs }: QaCheck, id: string): Markup {
  const look = state === 'not run' ? 'other' : state;
  return html`<details class="check" id="${id}"${state === 'failed' && html` open`}>
<summary><span class="mark ${look}" title="${state}">${marks[state]}</span><h3>${title}</h3><span class="dim">${formatCount(runs.length, 'run')}, ${formatMs(durationMs)}</span></summary>
<div class="body">
${failure !== undefined && failureSection(failure)}
${runs.map((run, index) => runSection(run, runs.length > 1 ? index + 1 : undefined))}
${runs.length === 0 && html`<p class="dim">No run was made.</p>`}
</div>
</details>`;
}

function failureSection({ message, expected, actual, place }: QaFailure): Markup {
  return html`<div class="failure">
<p class="failed"><strong>${message}</strong></p>
${place !== undefined && html`<p class="dim"><code>${place}</code></p>`}
${
  expected !== undefined &&
  actual !== undefined &&
  html`<div class="pair"><div>expected<pre>${expected}</pre></div><div>came<pre>${actual}</pre></div></div>`
}
</div>`;
}

function tally(checks: readonly QaCheck[]): string {
  const failed = checks.filter(({ state }) => state === 'failed').length;
  return failed === 0 ? `${checks.length}` : `${failed} of ${checks.length} failed`;
}
