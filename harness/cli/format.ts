/** Numbers, durations and times as people read them, and colours where they are wanted. */
import { type Paint, painter } from '@stint/sdk';
import { mayColour } from './environment.ts';

export type { Paint } from '@stint/sdk';
export { formatCount, formatCounts, formatMs, formatNumber, formatTime } from '@stint/sdk';

/** Whether `stream` is a terminal that may be coloured. */
export function coloursOf(stream: { readonly isTTY?: boolean }): Paint {
  return painter(stream.isTTY === true && mayColour);
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
