/** What a replay found, as a person reads it in seconds: which figures, rows and calls differ. */

import { relative } from 'node:path';
import type { CaseDifference, DigestDifference } from '../replay/compare.ts';
import { describeDifference } from '../replay/diff-json.ts';
import type { Replay } from '../replay/replay-case.ts';
import type { Row, TableDifference } from '../replay/table.ts';
import type { CaseResult } from '../replay/try-replay.ts';
import type { Paint } from './format.ts';
import { formatCount, formatMs } from './format.ts';

const shownLines = 12;
const shownCharacters = 110;

/** Lines, without one at the end. */
export function replayText(result: CaseResult, paint: Paint): string {
  if (result.status !== 'broken') return comparedText(result, paint);
  const message = result.message.split('\n').map((line) => `  ${line}`);
  return [`${paint(['red', 'bold'], 'broken')}  ${paint('bold', result.case)}`, ...message].join('\n');
}

function comparedText(replay: Replay, paint: Paint): string {
  const { case: name, status, accepted, difference, durationMs } = replay;
  const verdicts = {
    same: paint('green', 'same'),
    different: paint(['red', 'bold'], 'different'),
    updated: paint('yellow', 'updated'),
  };
  const lines = [`${verdicts[status]}  ${paint('bold', name)}  ${formatMs(durationMs)}`];
  if (difference !== undefined && (accepted || status === 'different'))
    lines.push(...differenceLines(difference, paint));
  if (status === 'different') lines.push('', `  npx stint replay ${pathOf(replay)} --update  accepts what came`, '');
  if (status === 'same' && !accepted)
    lines.push(
      paint(
        'dim',
        `  only what case.json expects was looked at: no outcome is accepted yet; --update accepts this one`,
      ),
    );
  return lines.join('\n');
}

/** As it can be typed where we are. */
function pathOf({ directory }: Replay): string {
  const path = relative('', directory);
  return path.startsWith('..') ? directory : path;
}

function differenceLines({ summary, tables, calls }: CaseDifference, paint: Paint): readonly string[] {
  return [
    ...section(
      paint,
      'summary',
      summary.map((each) => `~ ${describeDifference(each)}`),
    ),
    ...Object.entries(tables).flatMap(([table, difference]) => section(paint, table, tableLines(difference))),
    ...(calls === undefined ? [] : section(paint, 'calls', tableLines(calls))),
  ];
}

function section(paint: Paint, title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, shownLines).map((line) => `    ${colour(paint, cut(line))}`);
  const more = lines.length > shownLines ? [paint('dim', `    … and ${lines.length - shownLines} more`)] : [];
  return ['', `  ${paint('bold', title)}`, ...shown, ...more];
}

function tableLines(difference: TableDifference | DigestDifference): readonly string[] {
  if ('got' in difference) return [digestLine(difference)];
  const { key, missing, extra, changed } = difference;
  return [
    ...changed.map(({ key: of, differences }) => `~ ${keyText(of)}  ${differences.map(describeDifference).join('; ')}`),
    ...missing.map((row) => `- ${rowText(row, key)}`),
    ...extra.map((row) => `+ ${rowText(row, key)}`),
  ];
}

function digestLine({ expected, got }: DigestDifference): string {
  const lines = formatCount(got.lines, 'row');
  return expected.lines === got.lines
    ? `~ ${lines}, as many as expected, but not the same ones (too many are there to be kept in the case)`
    : `~ expected ${formatCount(expected.lines, 'row')}, got ${lines}`;
}

function keyText(key: Row): string {
  return Object.values(key)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' ');
}

/** Its key first, then the other columns by their names. */
function rowText(row: Row, key: readonly string[]): string {
  const others = Object.keys(row).filter((column) => !key.includes(column));
  return [...key, ...others.sort()]
    .map((column) => [column, row[column] ?? null] as const)
    .map(([column, value]) => `${column} ${JSON.stringify(value)}`)
    .join(', ');
}

function colour(paint: Paint, line: string): string {
  if (line.startsWith('-')) return paint('red', line);
  return line.startsWith('+') ? paint('green', line) : line;
}

function cut(line: string): string {
  return line.length <= shownCharacters ? line : `${line.slice(0, shownCharacters - 1)}…`;
}
