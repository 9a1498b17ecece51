/**
 * Which fields are replaced by pseudonyms, and where: `payments.iban` in rows and items of that table, `$.customer.email` in
 * JSON bodies. A path passes through lists. A value that was replaced is replaced wherever else it stands, if it is not short.
 */
import { type Json, UsageError } from '@stint/sdk';
import type { Exchange } from '../http/har.ts';
import { parseExact } from '../replay/exact-json.ts';
import { Pseudonyms } from './pseudonyms.ts';

interface Field {
  readonly text: string;
  readonly isOfBodies: boolean;
  /** Of bodies; below a table, whose name may have dots, what follows it. */
  readonly path: readonly string[];
}

export class Redaction {
  readonly #fields: readonly Field[];
  readonly #pseudonyms = new Pseudonyms();
  readonly #met = new Set<string>();

  /** @throws UsageError for a field that is written in another way */
  constructor(fields: readonly string[]) {
    this.#fields = fields.map(parseField);
  }

  /** A row as JSON. */
  row(table: string, text: string): string {
    const fields = this.#fields.flatMap((field) =>
      field.text.startsWith(`${table}.`) ? { ...field, path: field.text.slice(table.length + 1).split('.') } : [],
    );
    // The lines of an export have each value below its type.
    if (/^\{"Item":\{/.test(text))
      return this.#inJson(
        text,
        fields.map((field) => ({ ...field, path: typedPath(field.path) })),
      );
    return this.#inJson(text, fields);
  }

  exchange(exchange: Exchange): Exchange {
    const body = (bytes: Uint8Array) =>
      Buffer.from(this.#inJson(Buffer.from(bytes).toString('utf8'), this.#fields.filter(isOfBodies)));
    const isText = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString('utf8')).equals(Buffer.from(bytes));
    const { requestBody, responseBody } = exchange;
    return {
      ...exchange,
      requestBody: requestBody !== null && isText(requestBody) ? body(requestBody) : requestBody,
      responseBody: isText(responseBody) ? body(responseBody) : responseBody,
    };
  }

  /** A scope: it names records by what may be a pseudonym by now. */
  scope(scope: Json): Json {
    return this.#pseudonyms.inPlaceOf(scope);
  }

  /** Replaces what was met so far in any other text. */
  text(text: string): string {
    return this.#pseudonyms.replaceIn(text);
  }

  /** @throws UsageError when a field was in nothing that was recorded: it may be misspelt, and its values in the case */
  assertAllMet(): void {
    const missed = this.#fields.filter(({ text }) => !this.#met.has(text)).map(({ text }) => text);
    if (missed.length === 0) return;
    throw new UsageError(
      `expected to find every redacted field in what was recorded, but there is no ${missed.join(', ')}; correct its name, or leave it out. Nothing was written`,
    );
  }

  #inJson(text: string, fields: readonly Field[]): string {
    if (fields.length === 0) return text;
    let value: Json;
    try {
      value = parseExact(text);
    } catch {
      return text;
    }
    let replaced = value;
    for (const field of fields) replaced = this.#at(replaced, field.path, field);
    return replaced === value ? text : JSON.stringify(replaced);
  }

  /** The value with what is at the path replaced; the very same where there is nothing. */
  #at(value: Json, path: readonly string[], field: Field): Json {
    const [name, ...rest] = path;
    if (name === undefined) {
      this.#met.add(field.text);
      return this.#pseudonyms.of(value);
    }
    if (Array.isArray(value)) {
      const all = value.map((each: Json) => this.#at(each, path, field));
      return all.some((each, index) => each !== value[index]) ? all : value;
    }
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return value;
    const inner = (value as Readonly<Record<string, Json>>)[name] ?? null;
    return { ...value, [name]: this.#at(inner, rest, field) };
  }
}

const isOfBodies = (field: Field) => field.isOfBodies;

function typedPath(path: readonly string[]): readonly string[] {
  return ['Item', ...path.flatMap((name, index) => (index === 0 ? [name] : ['M', name]))];
}

function parseField(text: string): Field {
  const [first = '', ...path] = text.trim().split('.');
  if (first !== '' && path.length > 0 && path.every((name) => name !== ''))
    return { text: text.trim(), isOfBodies: first === '$', path };
  throw new UsageError(
    `expected a field to redact like payments.iban (table and column) or $.customer.email (path in a body), got "${text}"`,
  );
}
