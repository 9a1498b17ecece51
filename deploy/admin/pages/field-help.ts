/** What a field takes, in words, as far as its schema says it. */
import { formatCount, formatNumber } from '../assets/format.js';
import type { Json, ScopeField } from './scope-fields.ts';

type Schema = ScopeField['schema'];

export function fieldHelp(field: ScopeField): readonly string[] {
  const { schema } = field;
  const description = textAt(schema, 'description');
  return [...(description === undefined ? [] : [description]), ...constraints(field), ...leftOut(schema)];
}

function constraints({ kind, schema }: ScopeField): readonly string[] {
  if (kind === 'text') return textConstraints(schema);
  if (kind === 'number') return present(range(schema));
  if (kind !== 'lines' && kind !== 'choices') return [];
  const items = schema.items;
  const inner = kind === 'lines' && isSchema(items) ? itemConstraints(items) : [];
  const count = between(beyondOne(schema, 'minItems'), numberAt(schema, 'maxItems'), (n) => formatCount(n, 'value'));
  return [...(kind === 'lines' ? ['one on each line'] : []), ...present(count), ...inner];
}

function itemConstraints(items: Schema): readonly string[] {
  const all = items.type === 'string' ? textConstraints(items) : present(range(items));
  return all.map((text) => `each ${text}`);
}

const formats: Readonly<Record<string, string>> = {
  date: 'a date, as 2026-09-30',
  'date-time': 'a time in UTC, as 2026-09-30T06:00:00Z',
  email: 'an e-mail address',
  uri: 'an address, as https://…',
  uuid: 'a UUID',
};

function textConstraints(schema: Schema): readonly string[] {
  const format = textAt(schema, 'format');
  const length = between(beyondOne(schema, 'minLength'), numberAt(schema, 'maxLength'), (n) =>
    formatCount(n, 'character'),
  );
  // The pattern of a format says it less well.
  const pattern = format === undefined ? textAt(schema, 'pattern') : undefined;
  return [
    ...present(format === undefined ? undefined : (formats[format] ?? `in the format ${format}`)),
    ...present(length),
    ...present(pattern === undefined ? undefined : `fits ${pattern}`),
  ];
}

function range(schema: Schema): string | undefined {
  const above = numberAt(schema, 'exclusiveMinimum');
  const below = numberAt(schema, 'exclusiveMaximum');
  const limits = [
    between(numberAt(schema, 'minimum'), numberAt(schema, 'maximum'), formatNumber),
    above === undefined ? undefined : `more than ${formatNumber(above)}`,
    below === undefined ? undefined : `less than ${formatNumber(below)}`,
  ];
  const text = limits.filter((limit) => limit !== undefined).join(', ');
  if (text !== '') return text;
  return schema.type === 'integer' ? 'a whole number' : undefined;
}

function between(
  least: number | undefined,
  most: number | undefined,
  say: (value: number) => string,
): string | undefined {
  if (least !== undefined && most !== undefined) return least === most ? say(least) : `${least} to ${say(most)}`;
  if (least !== undefined) return least === 0 ? undefined : `at least ${say(least)}`;
  return most === undefined ? undefined : `at most ${say(most)}`;
}

function leftOut(schema: Schema): readonly string[] {
  return schema.default === undefined ? [] : [`${JSON.stringify(schema.default)} when left out`];
}

function textAt(schema: Schema, name: string): string | undefined {
  const value = schema[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What no number of JSON goes beyond is no limit worth telling. */
function numberAt(schema: Schema, name: string): number | undefined {
  const value = schema[name];
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** That there has to be something goes without saying: an empty field is left out. */
function beyondOne(schema: Schema, name: string): number | undefined {
  const value = numberAt(schema, name);
  return value === undefined || value <= 1 ? undefined : value;
}

function isSchema(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function present(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}
