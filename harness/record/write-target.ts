/**
 * Which rows an `update` or `delete` is about, where its text says so in a simple way: one table, one condition.
 *
 * Understands strings, quoted names and comments. Takes no guess: with `from`, `using`, a `with` before it or several statements
 * there is no answer.
 */

export interface WriteTarget {
  /** The table, and its alias if it has one, as they stand in the statement. */
  readonly relation: string;
  /** With its parameters numbered from 1. */
  readonly condition: string;
  /** Which of the statement's values they are, from 0. */
  readonly values: readonly number[];
}

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const comment = String.raw`--[^\n]*|/\*[\s\S]*?\*/`;
const string = String.raw`[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$`;
const token = new RegExp(String.raw`${comment}|${string}|"(?:[^"]|"")*"|[A-Za-z_][\w$]*|\$\d+|[\s\S]`, 'g');

/** Undefined: it cannot be known. */
export function writeTargetOf(sql: string): WriteTarget | undefined {
  const tokens = outermost(sql);
  const words = tokens.map(({ text }) => text.toLowerCase());
  const [first, second] = words;
  const [opening, closing] = first === 'update' ? [0, words.indexOf('set')] : [1, words.length];
  if (!(first === 'update' && closing > 0) && !(first === 'delete' && second === 'from')) return undefined;
  const from = Math.max(closing === words.length ? 0 : closing, opening) + 1;
  const where = indexOf(words, 'where', from);
  const returning = indexOf(words, 'returning', where === words.length ? from : where);
  const others = words.slice(from, Math.min(where, returning));
  if (others.includes('from') || others.includes('using') || words[where + 1] === 'current') return undefined;
  if (words.slice(0, -1).includes(';')) return undefined;
  const relationEnd = Math.min(closing, where, returning);
  const relation = textOf(sql, tokens.slice(opening + 1, relationEnd));
  if (where === words.length) return { relation, condition: 'true', values: [] };
  const condition = textOf(
    sql,
    tokens.slice(where + 1, returning).filter(({ text }) => text !== ';'),
  );
  return { relation, ...renumbered(condition) };
}

/** What stands outside of parentheses; what is within them is one token. */
function outermost(sql: string): readonly Token[] {
  const found: Token[] = [];
  let depth = 0;
  let opened = 0;
  for (const { 0: text, index: start } of sql.matchAll(token)) {
    if (/^(?:\s|--|\/\*)/.test(text)) continue;
    const end = start + text.length;
    if (text === '(' && depth++ === 0) opened = start;
    if (depth === 0) found.push({ text, start, end });
    if (text === ')' && --depth === 0) found.push({ text: sql.slice(opened, end), start: opened, end });
  }
  return found;
}

function indexOf(words: readonly string[], word: string, from: number): number {
  const at = words.indexOf(word, from);
  return at === -1 ? words.length : at;
}

function textOf(sql: string, tokens: readonly Token[]): string {
  return sql.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0);
}

/** PostgreSQL wants a use for each parameter that there is. */
function renumbered(text: string): Pick<WriteTarget, 'condition' | 'values'> {
  const values: number[] = [];
  const condition = text.replaceAll(token, (each) => {
    if (!/^\$\d+$/.test(each)) return each;
    const value = Number(each.slice(1)) - 1;
    if (!values.includes(value)) values.push(value);
    return `$${values.indexOf(value) + 1}`;
  });
  return { condition, values };
}
