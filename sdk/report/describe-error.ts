/**
 * Errors as they may be shown: name, code, message.
 *
 * Guarantees: where a library is known to quote data in its messages (JSON.parse, PostgreSQL's data exceptions), the
 * quote is left out; messages of others are cut to 500 characters. Cannot guarantee it for messages that a job writes itself.
 */
import { NotAnErrorThrown, StintError } from '../errors.ts';

export interface DescribedError {
  readonly name: string;
  /** The error's own code, '' if it has none. */
  readonly code: string;
  readonly message: string;
}

const longestMessage = 500;
// PostgreSQL's class 22, data exception, quotes the value that it could not take.
const dataException = /^22[0-9A-Z]{3}$/;

/** Describes whatever was thrown. */
export function describeError(thrown: unknown): DescribedError {
  const error = thrown instanceof Error ? thrown : new NotAnErrorThrown(thrown);
  const code = readText(error, 'code');
  // Our own messages are as long as they have to be: a list of problems is not cut.
  const message = error instanceof StintError ? error.message : safeMessage(error, code).slice(0, longestMessage);
  return { name: readText(error, 'name') || 'Error', code, message };
}

/** What stands there if it is text: an error of a library may hold anything, or throw. */
function readText(error: Error, property: string): string {
  try {
    const value: unknown = Reflect.get(error, property);
    return typeof value === 'string' || typeof value === 'number' ? `${value}` : '';
  } catch {
    return '';
  }
}

function safeMessage(error: Error, code: string): string {
  const message = readText(error, 'message');
  if (error instanceof SyntaxError && message.includes('JSON')) return 'not valid JSON';
  if (dataException.test(code)) return message.replace(/"[^"]*"/g, '"…"').replace(/: .*$/s, '');
  // An AggregateError (a host that answers on no address) has its reasons inside and no message.
  if (error instanceof AggregateError && message === '')
    return error.errors.map((each) => describeError(each).message).join('; ');
  return message;
}
