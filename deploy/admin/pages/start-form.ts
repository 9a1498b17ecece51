/** The form that starts a run: the scope's fields, dry run, limit, and what was wrong with them the last time. */

import { html, type Markup } from '@stint/sdk';
import type { JobView } from '../schemas.ts';
import { csrfField } from './csrf-field.ts';
import { fieldBlock } from './field-block.ts';
import { paths } from './paths.ts';
import { scopeFields } from './scope-fields.ts';
import { type FormFields, type FormProblem, textsOf } from './scope-form.ts';
import { scopeInput } from './scope-inputs.ts';

export interface StartFormState {
  /** As they were sent, by the names of the form: `scope.tenantId`, `dryRun`, `limit`. */
  readonly values: FormFields;
  readonly errors: readonly FormProblem[];
  /** Why the start was refused, where it is not a matter of one field. @default nothing */
  readonly message?: string | undefined;
}

interface Place {
  readonly id: string;
  readonly label: string;
}

export function startForm(job: JobView, state: StartFormState, csrf: string | undefined): Markup {
  const fields = scopeFields(job.scope);
  const places = new Map<string, Place>([
    ...fields.map(({ name }, index) => [`scope.${name}`, { id: `scope-${index}`, label: name }] as const),
    ['limit', { id: 'limit', label: 'limit' }],
    ['dryRun', { id: 'dry-run', label: 'dry run' }],
  ]);
  const placed = state.errors.map((error) => ({ ...error, name: placeOf(error.path, places) }));
  const errorsAt = (name: string) => placed.filter((error) => error.name === name).map((error) => inner(error, name));
  return html`<section aria-labelledby="start" class="card">
<h2 id="start">Start a run</h2>
${problems(state, placed, places)}
<p class="note">${noteOf(job, fields.length)}</p>
${
  (job.unscoped || fields.length > 0) &&
  html`<form method="post" action="${paths.job(job.name)}" id="start-form" novalidate>
${csrfField(csrf)}
<div class="fields">
${fields.map((field, index) => scopeInput({ field, id: `scope-${index}`, texts: textsOf(state.values, `scope.${field.name}`), errors: errorsAt(`scope.${field.name}`) }))}
${fieldBlock({
  id: 'limit',
  label: 'Limit',
  help: ['Start at most so many items', 'all when left out'],
  errors: errorsAt('limit'),
  isGroup: false,
  control: (ties) =>
    html`<input type="text" inputmode="numeric" name="limit"${ties} value="${textsOf(state.values, 'limit')[0] ?? ''}" class="short" autocomplete="off">`,
})}
</div>
${dryRunBox(textsOf(state.values, 'dryRun'), errorsAt('dryRun'))}
<p class="actions"><button type="submit" class="primary">Start the run</button></p>
</form>`
}
</section>`;
}

function noteOf({ unscoped, target }: JobView, fieldCount: number): string {
  const where = target === 'task' ? ' It goes on in a task of its own, which takes about half a minute to start.' : '';
  if (unscoped) return `An empty form means everything.${where}`;
  const how =
    fieldCount === 0 ? 'and has no field to narrow it: it can be started by its schedule only' : 'fill in a field';
  return `This job is not started here without a scope: ${how}.${where}`;
}

function dryRunBox(texts: readonly string[], errors: readonly string[]): Markup {
  const isTicked = texts.some((text) => text === 'true' || text === 'on');
  return html`<div class="field tick${errors.length > 0 && ' wrong'}">
<label><input type="checkbox" id="dry-run" name="dryRun" value="true" aria-describedby="dry-run-help"${isTicked && html` checked`}> Dry run</label>
${errors.length > 0 && html`<p class="error">${errors.join('; ')}</p>`}
<p class="help" id="dry-run-help">Reads and asks as ever, but refuses every write and counts it; the summary tells what would have been written.</p>
</div>`;
}

type PlacedProblem = FormProblem & { readonly name: string | undefined };

function problems(
  { message }: StartFormState,
  placed: readonly PlacedProblem[],
  places: ReadonlyMap<string, Place>,
): Markup | undefined {
  if (placed.length === 0 && message === undefined) return undefined;
  return html`<div class="problems" id="problems" role="alert" tabindex="-1" autofocus>
<h3>The run was not started</h3>
${message !== undefined && html`<p class="long">${message}</p>`}
${placed.length > 0 && html`<ul>${placed.map((problem) => problemLine(problem, places))}</ul>`}
</div>`;
}

function problemLine(problem: PlacedProblem, places: ReadonlyMap<string, Place>): Markup {
  const place = problem.name === undefined ? undefined : places.get(problem.name);
  if (place === undefined) return html`<li>${problem.path !== '' && `${problem.path}: `}${problem.message}</li>`;
  return html`<li><a class="problem" href="#${place.id}">${place.label}: ${inner(problem, problem.name ?? '')}</a></li>`;
}

/** The field that a path lies in: of `scope.ids.0`, and of `ids.0` as a job's own check says it, the field `ids`. */
function placeOf(path: string, places: ReadonlyMap<string, Place>): string | undefined {
  const names = [...places.keys()].toSorted((a, b) => b.length - a.length);
  const within = (whole: string) => names.find((name) => whole === name || whole.startsWith(`${name}.`));
  return within(path) ?? within(`scope.${path}`);
}

/** `value 3: expected …`, where the path goes further than the field. */
function inner({ path, message }: FormProblem, name: string): string {
  const whole = path === name || path.startsWith(`${name}.`) ? path : `scope.${path}`;
  const rest = whole.slice(name.length + 1);
  if (rest === '') return message;
  return /^\d+$/.test(rest) ? `value ${Number(rest) + 1}: ${message}` : `${rest}: ${message}`;
}
