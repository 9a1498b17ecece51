/**
 * Errors as they may be shown: name, code, message.
 *
 * Guarantees: where a library is known to quote data in its messages (JSON.parse, PostgreSQL's data exceptions), the
 * quote is left out; messages of others are cut to 500 characters. Common shapes of secrets are blanked, and a run's own ones
 * where the run describes it (`redaction.ts`). A `cause` is not told. Cannot guarantee it for data in messages that a job
 * writes itself.
 */
import { NotAnErrorThrown, StintError } from '../errors.ts';
import { redactShapes, redactText } from './redact-text.ts';

export interface DescribedError {
  readonly name: string;
  /** The error's own code, '' if it has none. */
  readonly code: string;
  readonly message: string;
}

/** `cut`: the text went on. */
type BlankOwn = (text: string, cut: boolean) => string;

const longestMessage = 500;
// What is read of a message at most: a cut is made where it is shown, not where a secret may be.
const longestRead = 4_000;
// PostgreSQL's class 22, data exception, quotes the value that it could not take.
const dataException = /^22[0-9A-Z]{3}$/;

/** Describes whatever was thrown. */
export function describeError(thrown: unknown, blankOwn: BlankOwn = (text) => text): DescribedError {
  const error = thrown instanceof Error ? thrown : new NotAnErrorThrown(thrown);
  const code = readText(error, 'code');
  const named = (text: string) => redactShapes(blankOwn(text, false));
  return {
    name: named(readText(error, 'name') || 'Error'),
    code: named(code),
    // Our own messages are as long as they have to be: a list of problems is not cut.
    message: error instanceof StintError ? named(error.message) : foreignMessage(error, code, blankOwn),
  };
}

function foreignMessage(error: Error, code: string, blankOwn: BlankOwn): string {
  const message = safeMessage(error, code, blankOwn);
  const cut = message.length > longestRead;
  return shorten(redactText(blankOwn(message.slice(0, longestRead), cut), cut));
}

/** Between words where there are any: half a secret would not be found again by whoever blanks it later. */
function shorten(message: string): string {
  if (message.length <= longestMessage) return message;
  const short = message.slice(0, longestMessage);
  return /\s/.test(message.charAt(longestMessage)) ? short : short.replace(/(\s)\S{0,200}$/, '$1');
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

function safeMessage(error: Error, code: string, blankOwn: BlankOwn): string {
  const message = readText(error, 'message');
  if (error instanceof SyntaxError && message.includes('JSON')) return 'not valid JSON';
  if (dataException.test(code)) return message.replace(/"[^"]*"/g, '"…"').replace(/: .*$/s, '');
  // An AggregateError (a host that answers on no address) has its reasons inside and no message.
  if (error instanceof AggregateError && message === '')
    return error.errors.map((each) => describeError(each, blankOwn).message).join('; ');
  return message;
}
