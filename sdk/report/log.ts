/**
 * Log lines as JSON. Those of a run carry job, run and attempt by themselves, and the item's key when a handler writes
 * them (`run-log.ts`, which blanks secrets, too: this writes what it is given).
 *
 * Never put a record's content into a field.
 */
import { type Logger, pino } from 'pino';
import type { Redaction } from './redaction.ts';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Where log lines go: one JSON line a call. */
export interface LogDestination {
  write(line: string): void;
}

/** A log of JSON lines (pino): time in ISO 8601, level by name, msg, and the fields. */
export function openLog(destination: LogDestination, bindings: LogFields = {}): Log {
  const logger = pino(
    {
      base: null,
      level: 'debug',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return wrap(logger.child(bindings));
}

/** The log of a process, whose words are all our own: blanks what is secret in them. A run's has it in it (`run-log.ts`). */
export function redactLog(log: Log, redaction: Redaction): Log {
  const name = (text: string) => redaction.name(text);
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) =>
      log[level](name(message), redaction.fields(fields, name));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log that drops everything. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

function wrap(logger: Logger): Log {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) =>
      logger[level](fields, message);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
