/** Where two JSON values differ, by path: what a person needs to see of it, not the values whole. */
import type { Json } from '@stint/sdk';

export interface Difference {
  /** Such as `items.succeeded` or `failures[2].code`; '' is the value itself. */
  readonly path: string;
  /** Undefined: it should not be there. */
  readonly expected: Json | undefined;
  /** Undefined: it is not there. */
  readonly got: Json | undefined;
}

export interface DiffOptions {
  /** Whether fields that are not expected may be there. @default false */
  readonly subset?: boolean;
}

/** In the order of the expected fields, then of those that nobody expected. */
export function diffJson(expected: Json, got: Json, { subset = false }: DiffOptions = {}): readonly Difference[] {
  return [...differences(expected, got, '', subset)];
}

function* differences(
  expected: Json | undefined,
  got: Json | undefined,
  path: string,
  subset: boolean,
): Generator<Difference> {
  if (isRecord(expected) && isRecord(got)) {
    const names = new Set([...Object.keys(expected), ...(subset ? [] : Object.keys(got))]);
    for (const name of names) {
      yield* differences(expected[name], got[name], path === '' ? name : `${path}.${name}`, subset);
    }
  } else if (Array.isArray(expected) && Array.isArray(got)) {
    for (let index = 0; index < Math.max(expected.length, got.length); index += 1) {
      yield* differences(expected[index], got[index], `${path}[${index}]`, subset);
    }
  } else if (!Object.is(expected, got)) {
    yield { path, expected, got };
  }
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const shownCharacters = 60;

/** `items.succeeded: expected 3, got 2` */
export function describeDifference({ path, expected, got }: Difference): string {
  return `${path === '' ? 'value' : path}: expected ${shown(expected)}, got ${shown(got)}`;
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}… (${text.length} characters)`;
}
