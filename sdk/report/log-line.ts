/**
 * A log line (JSON, as `openLog` writes it) for people who read it in a terminal: time, level, message, and the fields after
 * it, those that are long below it.
 *
 * Guarantees: nothing that stands in a line can move the cursor or change the terminal's colours.
 */
import { styleText } from 'node:util';
import type { LogDestination } from './log.ts';

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Colours text, or leaves it as it is. */
export function painter(colours: boolean): Paint {
  return (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
}

const longestBeside = 200;

/** Lines of any other form stay as they are. */
export function logLineText(line: string, paint: Paint): string {
  const parsed = parse(line);
  if (parsed === undefined) return withoutControls(line);
  const { time, level, msg, ...fields } = parsed;
  const texts = Object.entries(fields).map(([name, value]) => [name, value, fieldText(value)] as const);
  const beside = texts.filter(([, , text]) => text.length <= longestBeside).map(([name, , text]) => `${name}=${text}`);
  const below = texts.filter(([, , text]) => text.length > longestBeside);
  const at = typeof time === 'string' ? time.slice(11, 19) : '';
  const first = [
    at === '' ? '' : paint('dim', at),
    levelText(level, paint),
    withoutControls(String(msg)),
    beside.length === 0 ? '' : paint('dim', beside.join(' ')),
  ];
  return [
    first.filter((part) => part !== '').join(' '),
    ...below.map(([name, value]) => paint('dim', indent(`${name}: ${longText(value)}`))),
  ].join('\n');
}

/** Writes log lines to a terminal as people read them. */
export function terminalLog(terminal: LogDestination, { colours }: { readonly colours: boolean }): LogDestination {
  const paint = painter(colours);
  return { write: (line) => terminal.write(`${logLineText(line.trimEnd(), paint)}\n`) };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('msg' in value)) return undefined;
    return { ...value };
  } catch {
    return undefined;
  }
}

function levelText(level: unknown, paint: Paint): string {
  if (level === 'warn') return paint('yellow', 'warning');
  if (level === 'error' || level === 'fatal') return paint('red', 'error');
  return '';
}

function fieldText(value: unknown): string {
  return withoutControls(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function longText(value: unknown): string {
  return withoutControls(typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value));
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '\uFFFD');
}
