/**
 * A run as one HTML page, for whoever is on call and was not there: the verdict and what matters first, then how it went
 * over its time, what failed and why, and all there is to know besides.
 *
 * Guarantees: one file that needs nothing else, without a script, and that says so to the browser; whatever comes from a run
 * is escaped and has an end, so that it stays below 300 KB however much went wrong; light or dark as the reader's system is;
 * printable. Holds no more than the ledger keeps of the run: no record's content but what failed items keep, redacted.
 * Does not guarantee that everything is in it: what does not fit is counted.
 */
import { chartStyle } from '../page/chart-style.ts';
import { html, Markup } from '../page/markup.ts';
import { pageStyle } from '../page/style.ts';
import { aboutSection, summaryBlock } from './run-report/about.ts';
import { attemptSpans } from './run-report/attempt-spans.ts';
import { attemptsSection } from './run-report/attempts.ts';
import { section } from './run-report/blocks.ts';
import { courseCharts } from './run-report/course.ts';
import { coursesOf } from './run-report/course-lines.ts';
import { failuresSection } from './run-report/failures.ts';
import { figureTiles } from './run-report/figures.ts';
import { limitsSection, servicesSection } from './run-report/limits.ts';
import { outcomesSection } from './run-report/outcomes.ts';
import { outcomesOf, type RunReportOptions, statusOf } from './run-report/report-run.ts';
import { reportStyle } from './run-report/style.ts';
import { timeAxis } from './run-report/time-axis.ts';
import { verdictBlock, verdictText } from './run-report/verdict.ts';

export type { RunReportOptions } from './run-report/report-run.ts';

/**
 * What a browser lets a report do: show itself. A server that sends one sends this as Content-Security-Policy too, and
 * whoever opens the file has it from the page.
 */
export const runReportPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The page, a whole HTML document. */
export function runReport(options: RunReportOptions): string {
  const { record, series } = options;
  // It never began, or had nothing to do.
  const hadNothing = statusOf(record) === 'refused' || outcomesOf(record)?.read === 0;
  const points = coursesOf(series).map(({ startedMs, points }) => ({
    fromMs: startedMs,
    toMs: startedMs + (points.at(-1)?.atMs ?? 0),
  }));
  const time = timeAxis([...attemptSpans(options), ...points]);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(runReportPolicy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${verdictText(options)} · ${record.runId}</title>
<link rel="icon" href="data:,">
<style>${new Markup(pageStyle)}${new Markup(chartStyle)}${new Markup(reportStyle)}</style>
</head>
<body>
<main>
${verdictBlock(options)}
${figureTiles(options)}
${!hadNothing && section('course', 'How it went', courseCharts(options, time))}
${failuresSection(options)}
${outcomesSection(options)}
${attemptsSection(options, time)}
${limitsSection(options)}
${servicesSection(options)}
${aboutSection(options)}
${summaryBlock(options)}
</main>
</body>
</html>
`.html;
}
