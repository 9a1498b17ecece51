/** Columns of text for a terminal. */

export interface TableOptions {
  /** Of a line; only the last column gives way. */
  readonly width: number;
  /** Columns that are aligned to the right. @default none */
  readonly right?: ReadonlySet<number>;
  /** Before each line. @default none */
  readonly indent?: string;
}

const gap = '  ';
// Less than this cannot be read: the line becomes longer than it should.
const narrowest = 24;

/** Rows in columns as wide as their widest cell; the last one's words are wrapped. Lines, without one at the end. */
export function textTable(
  rows: readonly (readonly string[])[],
  { width, right = new Set(), indent = '' }: TableOptions,
): string {
  const last = Math.max(...rows.map((row) => row.length)) - 1;
  const widths = Array.from({ length: last }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const before = indent.length + widths.reduce((sum, columnWidth) => sum + columnWidth + gap.length, 0);
  const room = Math.max(width - before, narrowest);
  return rows
    .flatMap((row) => {
      const cells = widths.map((columnWidth, column) => {
        const cell = row[column] ?? '';
        return right.has(column) ? cell.padStart(columnWidth) : cell.padEnd(columnWidth);
      });
      const [first = '', ...more] = wrap(row[last] ?? '', room);
      const shown = right.has(last)
        ? first.padStart(Math.max(...rows.map((each) => (each[last] ?? '').length)))
        : first;
      return [`${indent}${[...cells, shown].join(gap)}`, ...more.map((line) => `${' '.repeat(before)}${line}`)].map(
        (line) => line.trimEnd(),
      );
    })
    .join('\n');
}

/** Lines of whole words. A word that is longer than a line has one of its own, uncut: it may be an address. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}
