/**
 * Which failed items a form asks to be run again.
 *
 * Guarantees: all of them only when that was asked for: a form in which nothing was selected is a problem, not everything.
 */
import type { RedriveBody } from '../schemas.ts';
import { quote } from './field-values.ts';
import { jsonText } from './json-text.ts';
import { type FormFields, type FormProblem, textsOf } from './scope-form.ts';

export const whichItems = ['selected', 'error', 'all'] as const;
export type WhichItems = (typeof whichItems)[number];

export interface RedriveForm {
  readonly body: RedriveBody;
  readonly problems: readonly FormProblem[];
}

export function readRedriveForm(fields: FormFields): RedriveForm {
  const [error = ''] = textsOf(fields, 'error');
  const [which = error === '' ? 'selected' : 'error'] = textsOf(fields, 'which');
  if (which === 'all') return { body: {}, problems: [] };
  if (which === 'error')
    return error === '' ? refused('error', 'expected the name or code of an error, got none') : taken({ error });
  if (which !== 'selected') return refused('which', `expected one of ${whichItems.join(', ')}, got ${quote(which)}`);
  const keys = textsOf(fields, 'keys').map(readKey);
  if (keys.length === 0) return refused('keys', 'expected items to run again, got none; select some');
  const known = keys.filter((key) => key !== undefined);
  return known.length < keys.length
    ? refused('keys', 'expected keys as the page has them; load it again')
    : taken({ keys: [...new Set(known)] });
}

/** A key as a form carries it unchanged: browsers change line breaks, and pages have no control characters. */
export function writeKey(key: string): string {
  return /[\p{Cc}]|^"/u.test(key) || !key.isWellFormed() ? jsonText(key) : key;
}

function readKey(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  try {
    const key: unknown = JSON.parse(text);
    return typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}

function taken(body: RedriveBody): RedriveForm {
  return { body, problems: [] };
}

function refused(path: string, message: string): RedriveForm {
  return { body: {}, problems: [{ path, message }] };
}
