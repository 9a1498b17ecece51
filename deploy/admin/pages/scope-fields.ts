/**
 * The fields of a form for what a scope's JSON Schema allows: text, numbers, one or several of a few, lists a line each.
 *
 * Guarantees: a field for every property, in the schema's order; what has no control of its own is written as JSON. Says
 * how a value is put in, not whether it fits: that is for the job's own schema, which knows more than a form does.
 */
import type { JobView } from '../schemas.ts';
import { jsonText } from './json-text.ts';

export type ScopeSchema = JobView['scope'];
export type Json = ScopeSchema[string];

export interface Option {
  /** What the form sends; of all options of a field, one has it. */
  readonly token: string;
  readonly label: string;
  readonly value: Json;
}

export type FieldKind =
  | { readonly kind: 'text'; readonly isDate: boolean }
  | NumberKind
  | { readonly kind: 'choice'; readonly options: readonly Option[] }
  | { readonly kind: 'choices'; readonly options: readonly Option[] }
  | { readonly kind: 'lines'; readonly of: { readonly kind: 'text' } | NumberKind }
  | { readonly kind: 'json' };

export interface NumberKind {
  readonly kind: 'number';
  readonly isInteger: boolean;
}

export type ScopeField = FieldKind & {
  readonly name: string;
  readonly isRequired: boolean;
  readonly schema: Readonly<Record<string, Json>>;
};

/** More are a list to choose from, not boxes to tick. */
const mostBoxes = 24;

export function scopeFields(schema: ScopeSchema): readonly ScopeField[] {
  const properties = objectOf(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(properties).map(([name, property]) => {
    const own = objectOf(property);
    return { ...kindOf(own), name, isRequired: required.includes(name), schema: own };
  });
}

function kindOf(schema: Readonly<Record<string, Json>>): FieldKind {
  const options = optionsOf(schema);
  if (options !== undefined) return { kind: 'choice', options };
  const one = simpleKindOf(schema);
  if (one !== undefined) return one.kind === 'text' ? { kind: 'text', isDate: schema.format === 'date' } : one;
  if (schema.type === 'array' && schema.prefixItems === undefined) return listKindOf(objectOf(schema.items));
  return { kind: 'json' };
}

function listKindOf(items: Readonly<Record<string, Json>>): FieldKind {
  const options = optionsOf(items);
  if (options !== undefined) return options.length <= mostBoxes ? { kind: 'choices', options } : linesOrJson(items);
  return linesOrJson(items);
}

function linesOrJson(items: Readonly<Record<string, Json>>): FieldKind {
  const one = simpleKindOf(items);
  return one === undefined ? { kind: 'json' } : { kind: 'lines', of: one };
}

function simpleKindOf({ type }: Readonly<Record<string, Json>>): { readonly kind: 'text' } | NumberKind | undefined {
  if (type === 'string') return { kind: 'text' };
  if (type === 'number' || type === 'integer') return { kind: 'number', isInteger: type === 'integer' };
  return undefined;
}

/** Undefined: it is not one of a few, or they could not be told apart. */
function optionsOf(schema: Readonly<Record<string, Json>>): readonly Option[] | undefined {
  const values = valuesOf(schema);
  if (values === undefined || values.length === 0) return undefined;
  const options = values.map((value) => ({ token: tokenOf(value), label: labelOf(value), value }));
  return new Set(options.map(({ token }) => token)).size === options.length ? options : undefined;
}

function valuesOf(schema: Readonly<Record<string, Json>>): readonly Json[] | undefined {
  if (schema.const !== undefined) return [schema.const];
  if (Array.isArray(schema.enum)) return schema.enum;
  return schema.type === 'boolean' ? [true, false] : undefined;
}

function tokenOf(value: Json): string {
  // Nothing chosen is sent as '' as well; lines and spaces do not survive a form as they are.
  const isPlain = typeof value === 'string' && value.trim() === value && value !== '' && !/\p{Cc}/u.test(value);
  return isPlain ? value : jsonText(value);
}

function labelOf(value: Json): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return tokenOf(value);
}

function objectOf(value: Json | undefined): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {};
}
