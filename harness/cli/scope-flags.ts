/**
 * The scope of a run from flags: `--scope '<json>'`, or a flag a field: `--scope.tenantId=t-1`, `--scope.tenantId t-1`.
 *
 * A field's text is taken as it is when the job's schema takes it so, else as JSON (numbers, lists); a field that is
 * given more than once is a list.
 */
import { type Job, UsageError } from '@stint/sdk';

const prefix = '--scope.';

export interface ScopeFlags {
  /** The arguments without the field flags. */
  readonly rest: readonly string[];
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Takes the field flags out of `args`. @throws UsageError for a flag without a value */
export function takeScopeFlags(args: readonly string[]): ScopeFlags {
  const rest: string[] = [];
  const fields = new Map<string, string[]>();
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (!arg.startsWith(prefix)) {
      rest.push(arg);
      continue;
    }
    const [name = '', inline] = splitOnce(arg.slice(prefix.length), '=');
    const value = inline ?? args[++index];
    if (name === '' || value === undefined || (inline === undefined && value.startsWith('--'))) {
      throw new UsageError(`expected ${arg} to have a value; write ${prefix}<field>=<value>`);
    }
    fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return { rest, fields };
}

/** The scope that the flags describe, to be checked by the job's schema. @throws UsageError when `json` is no JSON object */
export function buildScope(job: Job, json: string | undefined, fields: ScopeFlags['fields']): Record<string, unknown> {
  const values = [...fields].map(([name, texts]) => [name, fieldValue(job, name, texts)] as const);
  // Not by assignment, which would lose a field called __proto__: every field must reach the schema.
  return Object.fromEntries([...(json === undefined ? [] : parseObject(json)), ...values]);
}

function fieldValue(job: Job, name: string, texts: readonly string[]): unknown {
  const several = [texts, texts.map(parsed)];
  const candidates: unknown[] = texts.length === 1 ? [texts[0], parsed(texts[0] ?? ''), ...several] : several;
  const problems = candidates.map((value) => problemOf(job, name, value));
  const fitting = problems.indexOf('none');
  // What fits none is given in the way that is least wrong: the schema says what is wrong with it.
  return candidates[Math.max(0, fitting === -1 ? problems.indexOf('inside') : fitting)];
}

/** Whether the job's schema takes the value, and if not, whether the value itself or something inside of it is wrong. */
function problemOf(job: Job, name: string, value: unknown): 'none' | 'inside' | 'itself' {
  const { error } = job.scope.safeParse(Object.fromEntries([[name, value]]));
  const issues = error?.issues.filter(({ path }) => path[0] === name) ?? [];
  if (issues.length === 0) return 'none';
  return issues.every(({ path }) => path.length > 1) ? 'inside' : 'itself';
}

function parseObject(json: string): readonly (readonly [string, unknown])[] {
  const value = parsed(json);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new UsageError(`expected --scope to be a JSON object like '{"tenantId":"t-1"}', got ${json}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
