/** Checks what a run is given: its scope, its environment, its secrets. All problems at once; never a value of the environment. */
import type { z } from 'zod';
import { EnvironmentError, type Problem, ScopeError } from './errors.ts';
import type { Job } from './job.ts';
import { blank } from './report/own-secrets.ts';

export type EnvironmentValues = Readonly<Record<string, string | undefined>>;

/** @throws ScopeError naming every field that does not fit */
export function parseScope<TScope extends z.ZodObject>(
  job: { readonly name: string; readonly scope: TScope },
  scope: unknown,
): z.output<TScope> {
  const parsed = job.scope.safeParse(scope);
  if (parsed.success) {
    const dropped = droppedFields(scope, parsed.data);
    if (dropped.length === 0) return parsed.data;
    throw new ScopeError(
      job.name,
      dropped.map((path) => ({ path, message: 'unknown field' })),
    );
  }
  const fields = Object.keys(job.scope.shape);
  throw new ScopeError(
    job.name,
    parsed.error.issues.flatMap((issue) => toProblems(issue, fields, scope)),
  );
}

/** @throws ScopeError for a scope of a run's record that a secret was blanked in: it would mean other records, or none */
export function refuseBlanks(job: { readonly name: string }, scope: unknown): void {
  if (!JSON.stringify(scope).includes(blank)) return;
  const message = `holds ${blank} in place of a secret, which is not kept with a run; start the job with the scope itself`;
  throw new ScopeError(job.name, [{ path: '', message }]);
}

/** @throws EnvironmentError naming every variable and secret that is missing or does not fit */
export function parseEnvironment(
  job: Pick<Job, 'name' | 'env' | 'secrets'>,
  values: EnvironmentValues,
): { readonly env: Readonly<Record<string, unknown>>; readonly secrets: Readonly<Record<string, string>> } {
  const names = Object.keys(job.env.shape);
  // An empty variable is one that somebody forgot to fill in.
  const given = (name: string) => values[name] || undefined;
  const parsed = job.env.safeParse(Object.fromEntries(names.map((name) => [name, given(name)])));
  const problems: Problem[] = [];
  for (const issue of parsed.error?.issues ?? []) {
    // A check of several variables together has no path.
    const name = issue.path.length === 0 ? undefined : String(issue.path[0]);
    const isMissing = name !== undefined && given(name) === undefined;
    problems.push({
      path: name ?? names.join(', '),
      message: isMissing ? 'is not set' : `does not fit: ${withoutInput(issue)}`,
    });
  }
  const missing = job.secrets.filter((name) => given(name) === undefined);
  problems.push(...missing.map((path) => ({ path, message: 'is a secret that is not set' })));
  if (problems.length > 0) {
    throw new EnvironmentError(`${job.name} needs environment variables that are missing or do not fit`, problems);
  }
  const secrets = Object.fromEntries(job.secrets.map((name) => [name, values[name] ?? '']));
  return { env: parsed.data ?? {}, secrets };
}

function toProblems(issue: z.core.$ZodIssue, fields: readonly string[], scope: unknown): readonly Problem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys')
    return [{ path, message: withGot(withoutInput(issue), valueAt(scope, issue.path)) }];
  const known = fields.length === 0 ? 'no fields' : `one of ${fields.join(', ')}`;
  return issue.keys.map((key) =>
    path === ''
      ? { path: key, message: `unknown field; expected ${known}` }
      : { path: `${path}.${key}`, message: 'unknown field' },
  );
}

/** Fields of inner objects that the schema passed over: misspelt, they would silently widen the run. */
function droppedFields(given: unknown, taken: unknown, path = ''): readonly string[] {
  if (typeof given !== 'object' || given === null || typeof taken !== 'object' || taken === null) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const inner = path === '' ? key : `${path}.${key}`;
    return Object.hasOwn(taken, key) ? droppedFields(value, Reflect.get(taken, key), inner) : [inner];
  });
}

function valueAt(scope: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    scope,
  );
}

const longestShown = 60;

// A scope is no secret: it stands in the summary.
function withGot(message: string, value: unknown): string {
  if (message.includes(', got ')) return message;
  return `${message}, got ${(JSON.stringify(value) ?? 'nothing').slice(0, longestShown)}`;
}

// Zod says "Invalid input: expected string, received number": only what comes after the colon tells something.
function withoutInput({ message }: z.core.$ZodIssue): string {
  return message.replace(/^Invalid input: /, '').replace(', received ', ', got ');
}
