/** Requests that no route of a fake answered: kept and told so that one sees why, without secrets. */
import { isSecretParameter, redactForm, redactText } from '@stint/sdk';
import { type Call, describeCall, type UnhandledCall } from './call.ts';

const shownRequests = 5;
const shownCharacters = 500;

export async function toUnhandled(call: Call, request: Request): Promise<UnhandledCall> {
  const headers = [...request.headers].map(([name, value]) => [
    name,
    isSecretParameter(name) ? '[redacted]' : redactText(value),
  ]);
  return { ...call, headers: Object.fromEntries(headers), body: await beginningOf(request) };
}

/** What was asked, request by request, for an error. */
export function describeUnhandled(name: string, unhandled: readonly UnhandledCall[]): string {
  const [first] = unhandled;
  const got = unhandled.length === 1 && first ? describeCall(first) : `${unhandled.length} without one`;
  const shown = unhandled.slice(0, shownRequests).map(describeRequest);
  const more = unhandled.length - shown.length;
  return [
    `expected the fake ${name} to have a route for every request, got ${got}; add a route or correct the job's URL`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
}

function describeRequest(call: UnhandledCall): string {
  const headers = Object.entries(call.headers).map(([name, value]) => `    ${name}: ${value}`);
  return [`  ${describeCall(call)}`, ...headers, ...(call.body === '' ? [] : [`    ${call.body}`])].join('\n');
}

async function beginningOf(request: Request): Promise<string> {
  const bytes = request.bodyUsed ? new Uint8Array() : await request.bytes();
  const text = Buffer.from(bytes).toString('utf8');
  // Of what is no text nobody can tell what is in it.
  if (/[\p{Cc}\uFFFD]/u.test(text.replace(/[\t\r\n]/g, ''))) return `(${bytes.length} bytes that are no text)`;
  const isForm = request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true;
  const cut = text.length > shownCharacters;
  const shown = (isForm ? redactForm : redactText)(text.slice(0, shownCharacters), cut);
  return cut ? `${shown}… (${text.length - shownCharacters} more characters)` : shown;
}
