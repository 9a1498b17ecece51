/** What a sweep has proved, and what it found, as a person reads it in a minute. */

import type { Story, SweepReport } from '../sweep/report.ts';
import type { Paint } from './format.ts';
import { formatCount, formatMs, formatNumber } from './format.ts';

const width = 78;
/** A page of a terminal: who has more to read wants them elsewhere. */
const mostStories = 5;
const told = { crash: 'crashes', fault: 'faults', stale: 'stale records', race: 'races' } as const;

/** Lines, without one at the end. */
export function sweepText(report: SweepReport, paint: Paint): string {
  const { passed, stories, durationMs } = report;
  const verdict = passed ? paint(['green', 'bold'], 'proved') : paint(['red', 'bold'], 'not proved');
  const head = `${verdict}  ${paint('bold', report.case)}  on the ${report.ledger} ledger, in ${formatMs(durationMs)}`;
  const lines = [head, '', ...factsOf(report).map(([name, text]) => `  ${paint('dim', name.padEnd(12))} ${text}`)];
  for (const [index, story] of stories.slice(0, mostStories).entries())
    lines.push('', ...storyLines(story, index + 1, paint));
  const more = stories.length - mostStories;
  if (more > 0)
    lines.push(
      '',
      `and ${formatCount(more, 'more story', 'more stories')}: --html sweep.html and --json have them all`,
    );
  return lines.join('\n');
}

function factsOf(report: SweepReport): readonly (readonly [string, string])[] {
  const { seed, kinds, items, effects, notTried, mode } = report;
  const of = triedText(report);
  const byKind = Object.entries(kinds).map(([kind, counts]) => {
    const name = told[kind as keyof typeof told];
    const failed = counts.failed === 0 ? '' : `, ${formatNumber(counts.failed)} red`;
    return `${name} ${formatNumber(counts.tried)} of ${formatNumber(counts.possible)}${failed}`;
  });
  return [
    ['tried', `${of}${mode === 'process' ? ', in processes that were killed' : ''}, seed ${seed}`],
    ...byKind.map((text) => ['', text] as const),
    ['the run', `${formatCount(items, 'item')}, ${formatCount(effects, 'effect')}`],
    ['lost', pointsText(report.lost, 'no item at any point', 'items')],
    ['differences', pointsText(report.differences, 'none in rows, books, outcomes and status', 'differences')],
    ['worked twice', twiceText(report)],
    [
      'sent again',
      `${formatNumber(report.repeatedWithKey)} writes with the same Idempotency-Key, ${formatNumber(report.duplicated)} without`,
    ],
    ...Object.entries(notTried).map(([why, count]) => ['not tried', `${formatCount(count, 'point')}: ${why}`] as const),
  ];
}

/** Never "all" when points were left out, or could not be tried. */
export function triedText({ tried, possible }: Pick<SweepReport, 'tried' | 'possible'>): string {
  return tried === possible
    ? `all ${formatNumber(tried)} points`
    : `${formatNumber(tried)} of ${formatNumber(possible)} points`;
}

function pointsText(points: number, none: string, some: string): string {
  return points === 0 ? none : `${some} at ${formatCount(points, 'point')}`;
}

function twiceText({ workedTwice, mayWorkTwice }: SweepReport): string {
  if (workedTwice === 0) return 'no item';
  return `at most ${formatCount(workedTwice, 'item')} at a point, where ${formatNumber(mayWorkTwice)} may be`;
}

function storyLines({ text, at, advice, command, points }: Story, number: number, paint: Paint): readonly string[] {
  const more = points.length > 1 ? ` (and so at ${formatCount(points.length - 1, 'more point', 'more points')})` : '';
  const see = at === undefined ? '' : ` See ${at}.`;
  return [
    ...wrap(`${number}. ${capital(text)}.${see}${more}`, '   ').map((line, index) =>
      index === 0 ? paint('red', line) : line,
    ),
    ...wrap(`mend: ${advice}`, '   ', '   '),
    paint('dim', `   ${command}`),
  ];
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** Breaks a text into lines; `first` begins the first one, `indent` the others. */
function wrap(text: string, indent: string, first = ''): readonly string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const isNew = line === '' || line === indent || line === first;
    if (!isNew && line.length + word.length + 1 > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line += isNew ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}
