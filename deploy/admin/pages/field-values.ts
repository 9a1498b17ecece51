/** Between the texts of one field of a form and its value. */
import { jsonText } from './json-text.ts';
import type { Json, NumberKind, Option, ScopeField } from './scope-fields.ts';

const numberShape = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What one field says: nothing (undefined), a value, or what is wrong with it. */
export type Read = { readonly value: Json | undefined } | { readonly problem: string };

export function readField(field: ScopeField, texts: readonly string[]): Read {
  if (field.kind === 'choices') return readChoices(field.options, texts);
  return readOne(texts, (text) => {
    if (field.kind === 'choice') return readChoice(field.options, text);
    if (field.kind === 'lines') return readLines(field.of, text);
    if (field.kind === 'json') return readJson(text);
    return readSimple(field, text);
  });
}

export function readOne(texts: readonly string[], read: (text: string) => Read): Read {
  if (texts.length > 1) return { problem: `expected one value, got ${texts.length}` };
  const text = texts[0]?.trim() ?? '';
  return text === '' ? { value: undefined } : read(text);
}

function readSimple(kind: { readonly kind: 'text' } | NumberKind, text: string): Read {
  if (kind.kind === 'text') return { value: text };
  const value = numberShape.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) return { problem: `expected a number, got ${quote(text)}` };
  if (kind.isInteger && !Number.isSafeInteger(value))
    return { problem: `expected a whole number of at most 15 digits, got ${quote(text)}` };
  return { value };
}

function readLines(kind: { readonly kind: 'text' } | NumberKind, text: string): Read {
  const lines = text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const reads = lines.map((line) => readSimple(kind, line));
  const wrong = reads.find((read) => 'problem' in read);
  if (wrong !== undefined) return wrong;
  return { value: reads.flatMap((read) => ('value' in read && read.value !== undefined ? [read.value] : [])) };
}

function readChoice(options: readonly Option[], text: string): Read {
  const option = options.find(({ token }) => token === text);
  return option === undefined ? { problem: `expected one of those offered, got ${quote(text)}` } : option;
}

function readChoices(options: readonly Option[], texts: readonly string[]): Read {
  const values: Json[] = [];
  for (const text of texts.filter((each) => each !== '')) {
    const read = readChoice(options, text);
    if ('problem' in read) return read;
    if (read.value !== undefined) values.push(read.value);
  }
  return { value: values.length === 0 ? undefined : values };
}

function readJson(text: string): Read {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: `expected JSON (${error instanceof Error ? error.message : 'it cannot be read'})` };
  }
}

export function writeField(field: ScopeField, value: Json): string | readonly string[] {
  if (field.kind === 'json') return jsonText(value, 2);
  if (field.kind === 'choice') return tokenFor(field.options, value);
  const list = Array.isArray(value) ? value : [value];
  if (field.kind === 'choices')
    return list.map((each) => tokenFor(field.options, each)).filter((token) => token !== '');
  return list.map((each) => (typeof each === 'string' ? each : jsonText(each))).join('\n');
}

function tokenFor(options: readonly Option[], value: Json): string {
  const json = JSON.stringify(value);
  return options.find((option) => JSON.stringify(option.value) === json)?.token ?? '';
}

/** Of what was put in, not more than is seen at a glance. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
