/**
 * Cursors as JSON: values that JSON has no word for are encoded, and what cannot be encoded is refused.
 *
 * Guarantees: `decodeCursor(JSON.parse(JSON.stringify(encodeCursor(v))))` equals `v` for every value that is taken.
 */
import { SourceError } from '../errors.ts';
import type { Json } from './source.ts';

/** Encodes a key value: null, boolean, finite number, string, bigint, Date, bytes, and lists and objects of those. */
export function encodeCursor(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return { $bigint: value.toString() };
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(encodeCursor);
  if (isPlainObject(value)) {
    const wrapped = Object.keys(value).some((key) => key.startsWith('$'));
    const encoded = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encodeCursor(inner)]));
    return wrapped ? { $object: encoded } : encoded;
  }
  throw new SourceError(
    'STINT_CURSOR_NOT_JSON',
    `expected a key of JSON values, bigints, dates or bytes, got ${describeType(value)}; choose another key`,
  );
}

/** The value that was encoded. */
export function decodeCursor(json: Json): unknown {
  if (Array.isArray(json)) return json.map(decodeCursor);
  if (json === null || typeof json !== 'object') return json;
  const object = json as { readonly [key: string]: Json };
  if (typeof object.$bigint === 'string') return BigInt(object.$bigint);
  if (typeof object.$date === 'string') return new Date(object.$date);
  if (typeof object.$bytes === 'string') return new Uint8Array(Buffer.from(object.$bytes, 'base64'));
  const inner = (object.$object ?? object) as { readonly [key: string]: Json };
  return Object.fromEntries(Object.entries(inner).map(([key, value]) => [key, decodeCursor(value)]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function describeType(value: unknown): string {
  if (typeof value === 'number') return 'a number that is not finite';
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'bare object'}`;
  return typeof value;
}
