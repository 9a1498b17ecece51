/**
 * Puts made-up values in the place of a job's secrets, wherever they occur.
 *
 * Guarantees: none of the secrets is left as it is, percent-encoded or within JSON; in other encodings (base64, hex …) it is
 * blanked as failed items are. Values of headers that carry secrets are blanked by their names; tokens whose form tells what
 * they are, wherever they stand.
 * Cannot find a secret that is hashed, compressed or encrypted.
 */
import { isSecretParameter, OwnSecrets, redactShapes, redactTokens, UsageError } from '@stint/sdk';
import type { Exchange, Header } from '../http/har.ts';

const shortestSecret = 6;

export class SecretWords {
  /** What takes the place of each secret, by its name. */
  readonly madeUp: Readonly<Record<string, string>>;
  readonly #forms: readonly (readonly [real: string, madeUp: string])[];
  readonly #own: OwnSecrets;

  /** @throws UsageError for a secret that is too short to be told from other text */
  constructor(secrets: Readonly<Record<string, string>>) {
    const short = Object.entries(secrets).filter(([, value]) => value.length < shortestSecret);
    if (short.length > 0)
      throw new UsageError(
        `expected secrets of ${shortestSecret} characters or more, but ${short.map(([name]) => name).join(', ')} is shorter: it could not be told from other text, and would stay in the case; record with a longer one`,
      );
    this.madeUp = Object.fromEntries(Object.keys(secrets).map((name) => [name, `recorded-${name}`]));
    this.#forms = Object.entries(secrets)
      .flatMap(([name, value]) => formsOf(value).map((form) => [form, `recorded-${name}`] as const))
      .sort(([one], [other]) => other.length - one.length);
    this.#own = new OwnSecrets(Object.values(secrets).flatMap((value) => [value, ...passwordsIn(value)]));
  }

  /** The text without them. */
  hide(text: string): string {
    const replaced = this.#forms.reduce((each, [real, madeUp]) => each.replaceAll(real, madeUp), text);
    return redactTokens(this.#own.blank(replaced));
  }

  hideIn(exchange: Exchange): Exchange {
    return {
      ...exchange,
      url: this.#url(exchange.url),
      requestHeaders: exchange.requestHeaders.map((header) => this.#header(header)),
      requestBody: exchange.requestBody === null ? null : this.#body(exchange.requestBody),
      responseHeaders: exchange.responseHeaders.map((header) => this.#header(header)),
      responseBody: this.#body(exchange.responseBody),
    };
  }

  #url(text: string): string {
    const url = new URL(this.hide(text));
    url.username = '';
    url.password = '';
    return url.href;
  }

  #header({ name, value }: Header): Header {
    const hidden = redactShapes(this.hide(value));
    // A made-up value alone tells nothing, and says which secret belongs there.
    const isMadeUp = /^(?:[A-Za-z]+ )?recorded-[A-Z0-9_]+$/.test(hidden);
    return { name, value: isSecretParameter(name) && !isMadeUp ? '[redacted]' : hidden };
  }

  #body(body: Uint8Array): Uint8Array {
    const text = Buffer.from(body).toString('utf8');
    // What is not text stays as it is: there is nothing to find in it.
    return Buffer.from(text).equals(Buffer.from(body)) ? Buffer.from(this.hide(text)) : body;
  }
}

function formsOf(secret: string): readonly string[] {
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])];
}

/** The password in a connection string is a secret by itself. */
function passwordsIn(secret: string): readonly string[] {
  if (!URL.canParse(secret)) return [];
  const { password } = new URL(secret);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}
