/** Numbers, durations and times as people read them, and colours where they are wanted. */
import { styleText } from 'node:util';
import { formatNumber } from '@stint/sdk';
import { mayColour } from './environment.ts';

export { formatCount, formatNumber } from '@stint/sdk';

type Style = Parameters<typeof styleText>[0];

export type Paint = (style: Style, text: string) => string;

/** Whether `stream` is a terminal that may be coloured. */
export function coloursOf(stream: { readonly isTTY?: boolean }): Paint {
  const coloured = stream.isTTY === true && mayColour;
  return (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text);
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** `0.4 ms`, `120 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min` */
export function formatMs(ms: number): string {
  // The limits are where rounding would reach the next unit.
  if (ms < 999.5) return `${formatNumber(ms)} ms`;
  if (ms < 59_950) return `${fine.format(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `2026-09-30 06:00:00` for an ISO 8601 time in UTC. */
export function formatTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

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
