/**
 * What a run may show: texts, errors and values with the run's own secrets and the common shapes of secrets blanked.
 *
 * Guarantees: what it gives back holds none of the secrets that it was made with, in any form that `own-secrets.ts` finds, nor
 * what `redact-text.ts` takes for one. Never throws, whatever it is given.
 * Does not guarantee anything for secrets of less than 6 characters, or for a number under a secret's name: a count of tokens
 * is none.
 */
import type { Json } from '../sources/source.ts';
import { type DescribedError, describeError } from './describe-error.ts';
import { blank, OwnSecrets } from './own-secrets.ts';
import { redactShapes, redactText } from './redact-text.ts';
import { isSecretName } from './secret-names.ts';

// Names, reasons and keys come again and again; those made of data are not to fill the memory.
const mostRemembered = 1_000;
const longestRemembered = 200;
const deepest = 8;

type Redact = (text: string) => string;

/** On the way through fields: how text is redacted, and which objects it is in. */
interface Walk {
  readonly text: Redact;
  readonly within: readonly object[];
}

export class Redaction {
  readonly secrets: readonly string[];
  readonly #own: OwnSecrets;
  readonly #remembered = new Map<string, string>();

  /** @param secrets values that must not be shown, such as `secretsOf` finds them */
  constructor(secrets: readonly string[]) {
    this.secrets = secrets;
    this.#own = new OwnSecrets(secrets);
  }

  /** Of what others wrote: what stands under a secret's name is blanked, too. */
  text(text: string): string {
    // The own ones first: what is found by names could leave a piece of one behind.
    return redactText(this.#own.blank(text));
  }

  /** Of what the author of a job or of Stint has named: a reason, a count, a host. */
  name(name: string): string {
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    const redacted = redactShapes(this.#own.blank(name));
    if (name.length > longestRemembered) return redacted;
    if (this.#remembered.size === mostRemembered) this.#remembered.clear();
    this.#remembered.set(name, redacted);
    return redacted;
  }

  /** Whatever was thrown. */
  error(thrown: unknown): DescribedError {
    return describeError(thrown, (text, cut) => this.#own.blank(text, cut));
  }

  /** JSON that is shown on purpose, a scope: only the run's own secrets are blanked. */
  json<TJson extends Json>(value: TJson): TJson {
    return this.#json(value) as TJson;
  }

  /** Fields of a log line, as they are written as JSON; `text` redacts what is text in them. */
  fields(
    fields: Readonly<Record<string, unknown>>,
    text: Redact = (others) => this.text(others),
  ): Readonly<Record<string, unknown>> {
    return this.#object(fields, { text, within: [] });
  }

  #json(value: Json): Json {
    if (typeof value === 'string') return this.#own.blank(value);
    if (typeof value === 'number') return this.#number(value);
    if (Array.isArray(value)) return value.map((each) => this.#json(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [this.#own.blank(name), this.#json(each)]));
  }

  #number<TNumber extends number | bigint>(value: TNumber): TNumber | string {
    return this.#own.blank(`${value}`) === blank ? blank : value;
  }

  #object(object: object, { text, within }: Walk): Readonly<Record<string, unknown>> {
    const redacted: Record<string, unknown> = {};
    const walk = { text, within: [...within, object] };
    for (const name of Object.keys(object)) {
      const value = this.#field(name, read(object, name), walk);
      if (value !== undefined) redacted[this.name(name)] = value;
    }
    return redacted;
  }

  #field(name: string, value: unknown, walk: Walk): unknown {
    const isShown = typeof value === 'number' || typeof value === 'boolean' || value === null || value === '';
    if (!isShown && value !== undefined && isSecretName(name)) return blank;
    return this.#value(name, value, walk);
  }

  #value(name: string, value: unknown, walk: Walk): unknown {
    switch (typeof value) {
      case 'string':
        return walk.text(value);
      case 'number':
        return this.#number(value);
      case 'bigint':
        return this.#own.blank(`${value}`);
      case 'object':
        return value === null ? null : this.#inner(name, value, walk);
      case 'boolean':
        return value;
      default:
        return undefined;
    }
  }

  #inner(name: string, value: object, walk: Walk): unknown {
    const { text, within } = walk;
    if (value instanceof Error) return this.error(value);
    if (within.includes(value)) return '[circular]';
    if (within.length > deepest) return '[deeper]';
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    // A summary is redacted when it is made. Its names are hosts, reasons and counts, not those of fields.
    if (read(value, 'schema') === 'stint.summary/1') return value;
    const inner = { text, within: [...within, value] };
    if (typeof read(value, 'toJSON') === 'function') return this.#value(name, asJson(value, name), inner);
    if (Array.isArray(value)) return value.map((each) => this.#value(name, each, inner) ?? null);
    return this.#object(value, walk);
  }
}

/** What stands there: an object of others may hold anything, or throw. */
function read(object: object, name: string): unknown {
  try {
    return Reflect.get(object, name);
  } catch {
    return undefined;
  }
}

function asJson(object: object, name: string): unknown {
  try {
    return Reflect.apply(Reflect.get(object, 'toJSON'), object, [name]);
  } catch {
    return '[unreadable]';
  }
}
