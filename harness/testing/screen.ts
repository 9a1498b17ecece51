/**
 * What a terminal shows after what was written to it: as much of its language as command lines of this repository speak.
 *
 * @throws Error for an escape code that it does not know, so that none is passed over
 */
export interface Screen {
  /** Its lines from the top, without spaces at their ends; all that was written, also what has scrolled away. */
  readonly lines: readonly string[];
  /** The column of the cursor, from 0. */
  readonly column: number;
  readonly isCursorShown: boolean;
  readonly isWrapping: boolean;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one.
const tokens = /\u001b(\[([?\d;]*)([A-Za-z])|[78])|./gsu;

export function readScreen(written: string, columns: number): Screen {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  let saved = { row, column };
  let isCursorShown = true;
  let isWrapping = true;
  const put = (character: string) => {
    if (column >= columns) {
      if (isWrapping) {
        row += 1;
        column = 0;
      } else column = columns - 1;
    }
    rows[row] ??= [];
    const cells = rows[row] ?? [];
    while (cells.length < column) cells.push(' ');
    cells[column] = character;
    column += 1;
  };
  const obey = (code: string, parameters: string) => {
    const count = Number(parameters) || 1;
    if (parameters === '?25') isCursorShown = code === 'h';
    else if (parameters === '?7') isWrapping = code === 'h';
    else if (code === 'G') column = count - 1;
    else if (code === 'D') column = Math.max(0, column - count);
    else if (code === 'A') row = Math.max(0, row - count);
    else if (code === 'K' && parameters === '2') rows[row] = [];
    else if (code === 'K' && parameters === '1') rows[row]?.fill(' ', 0, column);
    else if (code === 'K') rows[row]?.splice(column);
    else if (code !== 'm') throw new Error(`expected an escape code that is known, got [${parameters}${code}`);
  };
  for (const [token, sequence, parameters = '', code = ''] of written.matchAll(tokens)) {
    if (sequence === '7') saved = { row, column };
    else if (sequence === '8') ({ row, column } = saved);
    else if (sequence !== undefined) obey(code, parameters);
    else if (token === '\n') row += 1;
    else if (token === '\r') column = 0;
    else if (token === '\b') column = Math.max(0, column - 1);
    else put(token);
    rows[row] ??= [];
  }
  return { lines: rows.map((cells) => cells.join('').trimEnd()), column, isCursorShown, isWrapping };
}
