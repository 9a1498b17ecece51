/** A line of another process's log (JSON, as `openLog` writes it), for people who read it in a terminal. */
import type { coloursOf } from './format.ts';

/** Lines of any other form stay as they are. */
export function logLineText(line: string, paint: ReturnType<typeof coloursOf>): string {
  const parsed = parse(line);
  if (parsed === undefined) return line;
  const { time, level, msg, ...fields } = parsed;
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  const at = typeof time === 'string' ? time.slice(11, 19) : '';
  return [paint('dim', at), levelText(level, paint), String(msg), paint('dim', shown.join(' '))]
    .filter((part) => part !== '' && part !== paint('dim', ''))
    .join(' ');
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

function levelText(level: unknown, paint: ReturnType<typeof coloursOf>): string {
  if (level === 'warn') return paint('yellow', 'warning');
  if (level === 'error' || level === 'fatal') return paint('red', 'error');
  return '';
}

function fieldText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
