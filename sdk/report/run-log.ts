/**
 * The log of a run, in front of wherever its lines go: binds the item that is being worked on, blanks what is secret in
 * messages and fields, and counts repeated warnings and errors in place of repeating them.
 *
 * A kind is a level, a message and the code of `error`: what differs between items should be in the fields.
 */
import type { Clock } from '../clock.ts';
import { currentCall } from '../loop/call.ts';
import { WorkItem } from '../loop/item.ts';
import { type Log, type LogFields, silentLog } from './log.ts';
import type { Redaction } from './redaction.ts';
import { Repeats } from './repeats.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
}

export interface RunLog extends Log, Disposable {}

/** Dispose it at the end of the run, so that it tells what it has held back. */
export function openRunLog(
  log: Log | undefined,
  { redaction, clock }: { readonly redaction: Redaction; readonly clock: Clock },
): RunLog {
  if (log === undefined) return { ...silentLog, [Symbol.dispose]() {} };
  const write = ({ level, message, fields }: Line, repeated: number | undefined) =>
    log[level](redaction.text(message), {
      ...redaction.fields(fields),
      ...(repeated === undefined ? {} : { repeated }),
    });
  const repeats = new Repeats<Line>(write);
  const at =
    (level: Level) =>
    (message: string, given: LogFields = {}) => {
      const call = currentCall.getStore();
      const fields = call instanceof WorkItem ? { item: call.key, ...given } : given;
      const nowMs = clock.monotonicMs();
      if (level === 'warn' || level === 'error') {
        repeats.note(`${level} ${codeOf(fields)} ${message}`, { level, message, fields }, nowMs);
      } else {
        repeats.tellDue(nowMs);
        write({ level, message, fields }, undefined);
      }
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    [Symbol.dispose]: () => repeats.flush(),
  };
}

function codeOf({ error, err = error }: LogFields): string {
  const code: unknown = typeof err === 'object' && err !== null && 'code' in err ? err.code : undefined;
  return typeof code === 'string' || typeof code === 'number' ? `${code}` : '';
}
