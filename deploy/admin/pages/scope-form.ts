/**
 * Between a form's fields and what a run is started with.
 *
 * Guarantees: never throws, whatever the fields hold; each field of the schema is left out, read, or a problem, and a field that
 * the schema does not have is a problem, too: a run must never be wider than what was filled in. `writeScopeForm` is its inverse
 * for every scope that can be filled in: an empty list, and text that is blank, begins or ends with spaces or has control characters, cannot.
 */
import type { ProblemView, StartBody } from '../schemas.ts';
import { quote, type Read, readField, readOne, writeField } from './field-values.ts';
import { type Json, type ScopeSchema, scopeFields } from './scope-fields.ts';

export type FormFields = Readonly<Record<string, string | readonly string[]>>;
export type FormProblem = NonNullable<ProblemView['errors']>[number];

export interface StartForm {
  readonly body: StartBody;
  /** Paths begin with the part of the body: `scope.tenantId`, `limit`. */
  readonly problems: readonly FormProblem[];
}

const prefix = 'scope.';
const mostItems = 1_000_000_000;

export function readScopeForm(schema: ScopeSchema, fields: FormFields): StartForm {
  const problems: FormProblem[] = [];
  const take = (path: string, read: Read) => {
    if ('value' in read) return read.value;
    problems.push({ path, message: read.problem });
    return undefined;
  };
  const known = scopeFields(schema);
  const scope = known.flatMap((field): [string, Json][] => {
    const value = take(`${prefix}${field.name}`, readField(field, textsOf(fields, `${prefix}${field.name}`)));
    return value === undefined ? [] : [[field.name, value]];
  });
  const names = new Set(known.map(({ name }) => `${prefix}${name}`));
  for (const path of Object.keys(fields)) {
    if (path.startsWith(prefix) && !names.has(path))
      problems.push({ path, message: 'the job has no such field; load the form again' });
  }
  const dryRun = take('dryRun', readTick(textsOf(fields, 'dryRun')));
  const limit = take('limit', readOne(textsOf(fields, 'limit'), readLimit));
  return {
    // A name like `__proto__` becomes a field of its own here, and nothing else.
    body: {
      scope: Object.fromEntries(scope),
      dryRun: dryRun === true,
      ...(typeof limit === 'number' ? { limit } : {}),
    },
    problems,
  };
}

/** The fields of a form that is filled in for this start. What cannot be filled in is left empty. */
export function writeScopeForm(schema: ScopeSchema, { scope, dryRun, limit }: StartBody): FormFields {
  const written = scopeFields(schema).flatMap((field): [string, string | readonly string[]][] => {
    const value = Object.hasOwn(scope, field.name) ? scope[field.name] : undefined;
    return value === undefined ? [] : [[`${prefix}${field.name}`, writeField(field, value)]];
  });
  return Object.fromEntries([
    ...written,
    ...(dryRun ? [['dryRun', 'true']] : []),
    ...(limit === undefined ? [] : [['limit', `${limit}`]]),
  ]);
}

/** Nothing, for a field that was not sent. */
export function textsOf(fields: FormFields, name: string): readonly string[] {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.filter((text) => typeof text === 'string');
}

function readTick(texts: readonly string[]): Read {
  const off = texts.every((text) => text === '' || text === 'false');
  if (off) return { value: false };
  const on = texts.every((text) => text === 'true' || text === 'on');
  return on ? { value: true } : { problem: 'expected true or false' };
}

function readLimit(text: string): Read {
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= mostItems) return { value: limit };
  return { problem: `expected a whole number from 1 to ${mostItems}, got ${quote(text)}` };
}
