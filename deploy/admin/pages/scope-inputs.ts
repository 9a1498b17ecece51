/** The control of each field of a scope. */

import { html, type Markup } from '@stint/sdk';
import { fieldBlock } from './field-block.ts';
import { fieldHelp } from './field-help.ts';
import type { Option, ScopeField } from './scope-fields.ts';

export interface ScopeInput {
  readonly field: ScopeField;
  readonly id: string;
  /** What stands in it; several for boxes. */
  readonly texts: readonly string[];
  readonly errors: readonly string[];
}

export function scopeInput({ field, id, texts, errors }: ScopeInput): Markup {
  const { name, schema, isRequired } = field;
  const title = typeof schema.title === 'string' && schema.title !== name ? `${schema.title} (${name})` : name;
  return fieldBlock({
    id,
    label: isRequired ? `${title}, required` : title,
    help: fieldHelp(field),
    errors,
    isGroup: field.kind === 'choices',
    control: (ties) => controlOf(field, id, texts, html` name="scope.${name}"${isRequired && html` required`}${ties}`),
    more: field.kind === 'json' ? schemaTold(id, field) : undefined,
  });
}

function controlOf(field: ScopeField, id: string, texts: readonly string[], ties: Markup): Markup {
  const [text = ''] = texts;
  if (field.kind === 'choice') return select(field, text, ties);
  if (field.kind === 'choices') return boxes(field.options, id, field.name, new Set(texts));
  if (field.kind === 'lines' || field.kind === 'json') return area(text, ties);
  // Not type=number: a browser sends what it cannot read as nothing, and the run would be wider than was meant.
  if (field.kind === 'number')
    return html`<input type="text" inputmode="${field.isInteger ? 'numeric' : 'decimal'}"${ties} value="${text}" class="short" autocomplete="off">`;
  // No maxlength: a browser cuts what is pasted without a word, and the run would work on something else.
  return html`<input type="${field.isDate ? 'date' : 'text'}"${ties} value="${text}" autocomplete="off" autocapitalize="none" spellcheck="false">`;
}

function select({ options, isRequired }: ScopeField & { kind: 'choice' }, chosen: string, ties: Markup): Markup {
  const none = html`<option value="">${isRequired ? 'choose one' : '(left out)'}</option>`;
  return html`<select${ties}>${none}${options.map(
    ({ token, label }) => html`<option value="${token}"${token === chosen && html` selected`}>${label}</option>`,
  )}</select>`;
}

function boxes(options: readonly Option[], id: string, name: string, ticked: ReadonlySet<string>): Markup {
  return html`<div class="boxes">${options.map(
    ({ token, label }, index) =>
      html`<label><input type="checkbox" id="${id}-${index}" name="scope.${name}" value="${token}"${ticked.has(token) && html` checked`}> ${label}</label>`,
  )}</div>`;
}

function area(text: string, ties: Markup): Markup {
  const rows = Math.min(12, Math.max(3, text.split('\n').length));
  // The first line break after the tag is not part of its text.
  return html`<textarea${ties} rows="${rows}" autocomplete="off" autocapitalize="none" spellcheck="false">\n${text}</textarea>`;
}

function schemaTold(id: string, { schema }: ScopeField): Markup {
  return html`<details class="schema"><summary id="${id}-schema">JSON that fits this schema</summary><pre>${JSON.stringify(schema, null, 2)}</pre></details>`;
}
