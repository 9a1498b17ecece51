/**
 * Replaces values by made-up ones that look alike: digits stay digits, letters letters, an e-mail address one of example.com.
 *
 * Guarantees: the same value gets the same pseudonym throughout a recording, no two values the same one; which one cannot
 * be told from the value afterwards, for the key it depends on is forgotten. Does not hide a value's length or form.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Json } from '@stint/sdk';

// Shorter ones would be found in what has nothing to do with them.
const shortestFoundAnywhere = 6;
const mostTries = 1_000;

export class Pseudonyms {
  readonly #key = randomBytes(32);
  readonly #byValue = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** Of any JSON value; of lists and objects those of what they hold. Nothing stays nothing. */
  of(value: Json): Json {
    if (value === null) return null;
    if (Array.isArray(value)) return value.map((each: Json) => this.of(each));
    if (typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.of(each as Json)]));
    if (typeof value === 'boolean') return (this.#bytes(String(value), 0)[0] ?? 0) % 2 === 0;
    return typeof value === 'number' ? Number(this.#ofText(String(value))) : this.#ofText(value as string);
  }

  /** The same value, with pseudonyms in place of whole texts and numbers that were met so far. */
  inPlaceOf(value: Json): Json {
    if (Array.isArray(value)) return value.map((each: Json) => this.inPlaceOf(each));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.inPlaceOf(each as Json)]));
    const pseudonym = this.#byValue.get(String(value));
    if (pseudonym === undefined || value === null || typeof value === 'boolean') return value;
    return typeof value === 'number' ? Number(pseudonym) : pseudonym;
  }

  /** The text with the pseudonyms of all values met so far in place of them. */
  replaceIn(text: string): string {
    let replaced = text;
    for (const [value, pseudonym] of this.#byValue) {
      if (value.length < shortestFoundAnywhere) continue;
      for (const form of [
        (each: string) => each,
        encodeURIComponent,
        (each: string) => JSON.stringify(each).slice(1, -1),
      ])
        replaced = replaced.replaceAll(form(value), form(pseudonym));
    }
    return replaced;
  }

  #ofText(text: string): string {
    const known = this.#byValue.get(text);
    if (known !== undefined) return known;
    let pseudonym = text;
    // Of short values there are few: two of them may meet.
    for (let round = 0; round < mostTries; round++) {
      pseudonym = this.#shape(text, round);
      if (!this.#taken.has(pseudonym) && pseudonym !== text) break;
    }
    this.#taken.add(pseudonym);
    this.#byValue.set(text, pseudonym);
    return pseudonym;
  }

  #shape(text: string, round: number): string {
    const at = /^[^@\s]+@[^@\s]+$/.test(text) ? text.indexOf('@') : text.length;
    const bytes = this.#bytes(text, round);
    const shaped = [...text.slice(0, at)].map((character, index) =>
      shapeOf(character, bytes[index % bytes.length] ?? 0, index),
    );
    return `${shaped.join('')}${at < text.length ? '@example.com' : ''}`;
  }

  #bytes(text: string, round: number): Buffer {
    return createHmac('sha512', this.#key).update(`${round}:${text}`).digest();
  }
}

function shapeOf(character: string, byte: number, index: number): string {
  // A number with a leading zero would be another one, and no JSON.
  if (/\d/.test(character)) return String(index === 0 ? 1 + (byte % 9) : byte % 10);
  if (/\p{Lu}/u.test(character)) return String.fromCharCode(65 + (byte % 26));
  return /\p{L}/u.test(character) ? String.fromCharCode(97 + (byte % 26)) : character;
}
