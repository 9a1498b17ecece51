/**
 * What tells one request from another: method, path, query in any order, and body, as JSON where it is some. Headers and the
 * origin do not matter. Parts that are others each time can be left out.
 */
import { canonicalJson, type Json } from '@stint/sdk';
import { z } from 'zod';

/**
 * A part of requests to leave out: `$.sentAt` and `$.lines[*].id` of JSON bodies, `?at` of the query.
 */
export const ignoredPart = z
  .string()
  .regex(
    /^(\?[^&=#?]+|\$(\.[\w-]+|\[\*\])+)$/,
    'expected a part of requests: $.field.of[*].body, or ?parameter of the query',
  );

/** The parts by which requests are compared. */
export interface RequestIdentity {
  readonly method: string;
  readonly path: string;
  /** Sorted. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** JSON if it is some, else its text. */
  readonly body: Json;
}

export function identify(method: string, url: URL, body: string, ignore: readonly string[] = []): RequestIdentity {
  const fields = ignore.filter((part) => part.startsWith('$')).map((part) => part.match(/[\w-]+|\[\*\]/g) ?? []);
  return {
    method,
    path: decodePath(url.pathname),
    query: sortedQuery(url.searchParams, ignore),
    body: fields.reduce(without, parseBody(body)),
  };
}

/** A query as text in the one order, with its `?`; '' when nothing is left of it. */
export function canonicalQuery(query: string, ignore: readonly string[]): string {
  const sorted = sortedQuery(new URLSearchParams(query), ignore).map(([name, value]): [string, string] => [
    name,
    value,
  ]);
  return sorted.length === 0 ? '' : `?${new URLSearchParams(sorted)}`;
}

/** One text for requests that are the same. */
export function identityText({ method, path, query, body }: RequestIdentity): string {
  return canonicalJson([method, path, query, body]);
}

function sortedQuery(query: URLSearchParams, ignore: readonly string[]): RequestIdentity['query'] {
  const ignored = new Set(ignore.filter((part) => part.startsWith('?')).map((part) => part.slice(1)));
  return [...query].filter(([name]) => !ignored.has(name)).sort(byText);
}

function byText(one: readonly string[], other: readonly string[]): number {
  const [text, otherText] = [JSON.stringify(one), JSON.stringify(other)];
  if (text === otherText) return 0;
  return text < otherText ? -1 : 1;
}

function decodePath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

function parseBody(body: string): Json {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function without(value: Json, [step, ...rest]: readonly string[]): Json {
  if (typeof value !== 'object' || value === null || step === undefined) return value;
  if (Array.isArray(value)) {
    if (step !== '[*]') return value;
    return rest.length === 0 ? [] : value.map((each) => without(each, rest));
  }
  if (!Object.hasOwn(value, step)) return value;
  const { [step]: found = null, ...others } = value as Readonly<Record<string, Json>>;
  return rest.length === 0 ? others : { ...others, [step]: without(found, rest) };
}
