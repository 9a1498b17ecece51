/** Numbers, durations and times as people read them, and colours where they are wanted. */
import { styleText } from 'node:util';
import { mayColour } from './environment.ts';

export { formatCount, formatMs, formatNumber, formatTime } from '@stint/sdk';

type Style = Parameters<typeof styleText>[0];

export type Paint = (style: Style, text: string) => string;

/** Whether `stream` is a terminal that may be coloured. */
export function coloursOf(stream: { readonly isTTY?: boolean }): Paint {
  const coloured = stream.isTTY === true && mayColour;
  return (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text);
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `settled 12, failed 3`, the most first. */
export function formatCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${whole.format(count)}`)
    .join(', ');
}

/**
 * Rows in columns as wide as their widest cell, two spaces apart; those named in `right` are aligned to the right.
 * `paint` colours a cell that has its width already: a colour has a length, and no width.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
  paint: (text: string, row: number, column: number) => string = (text) => text,
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((cells, row) =>
    cells
      .map((cell, column) => paint(pad(cell, column), row, column))
      .join('  ')
      .trimEnd(),
  );
}
