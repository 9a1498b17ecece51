/**
 * Finds the secrets of a job in text, in whatever form they got there.
 *
 * Finds each as it is, percent-encoded, as part of JSON (and of JSON in JSON), with HTML entities, in any case and mixture
 * of these, with other white space; as hex; and in base64, at any place of what was encoded (`Basic user:secret`).
 * At the end of a text that was cut, the beginning of a secret is enough.
 *
 * How: text and secrets are both decoded as far as it goes, and what encoders disagree about (white space, `+`, `\`) is
 * left out of both. That finds more than is there; in doubt it is blanked.
 * Looks first whether there is one at all, which costs a log line next to nothing; only then for where each character came from.
 * Cannot find secrets shorter than 6 characters (they would be everywhere), hashed, compressed, encrypted, reversed,
 * taken to pieces, or in another character set than UTF-8.
 */

import { TraceFilter } from './trace-filter.ts';

export const blank = '[redacted]';

const shortestSecret = 6;
// Of what is left of it without what encoders disagree about.
const shortestNeedle = 4;
const shortestBeginning = 3;
const decodingRounds = 3;

/** Text that was made of another one, and where each of its characters came from. */
interface Derived {
  readonly text: string;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

type Span = readonly [start: number, end: number];

export class OwnSecrets {
  readonly #plain: readonly string[];
  readonly #folded: readonly string[];
  readonly #base64: readonly string[];
  readonly #traces: TraceFilter;

  constructor(secrets: readonly string[]) {
    const plain = secrets.filter((secret) => secret.length >= shortestSecret);
    this.#plain = plain.flatMap((secret) => [secret, ...exactForms(secret)]);
    this.#folded = plain
      .flatMap((secret) => [fold(decode(identity(secret))).text, Buffer.from(secret).toString('hex')])
      .filter((needle) => needle.length >= shortestNeedle);
    this.#base64 = plain.flatMap(base64Forms);
    this.#traces = new TraceFilter([...plain, ...this.#folded, ...this.#base64]);
  }

  /** `cut`: the text went on, and may end within a secret. */
  blank(text: string, cut = false): string {
    if (this.#plain.length === 0 || (!cut && !this.#isIn(text))) return text;
    const own = identity(text);
    const decoded = decode(own);
    const cutAt = cut ? text.length : undefined;
    const spans = [
      ...find(own, this.#plain, cutAt),
      ...widen(text, find(fold(decoded), this.#folded, cutAt), /\\/),
      ...widen(text, find(foldBase64(decoded), this.#base64, cutAt), /[\w+/=%\\-]/),
    ];
    return blankSpans(text, spans);
  }

  /** Whether `blank` would find anything: it looks for the same, in texts made the same way. */
  #isIn(text: string): boolean {
    if (!encoded.test(text) && !this.#traces.mayBeIn(text)) return false;
    if (this.#plain.some((needle) => text.includes(needle))) return true;
    const decoded = decodeText(text);
    const folded = foldText(decoded);
    if (this.#folded.some((needle) => folded.includes(needle))) return true;
    const base64 = decoded.replace(betweenBase64, '');
    return this.#base64.some((needle) => base64.includes(needle));
  }
}

/** Undoes percent-encoding. What is none stays as it is; never throws. */
export function decodePercent(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, fromPercent);
}

// Forms of secrets too short or odd to be known again once they are folded.
function exactForms(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret.toWellFormed());
  return [encoded, encoded.replaceAll('%20', '+'), JSON.stringify(secret).slice(1, -1)];
}

/** What of the secret's base64 does not depend on its neighbours, for each place that it can begin at. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2]
    .map((before) => {
      const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
      const bits = shifted.length * 8;
      return shifted.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
    })
    .map((form) => form.replace(betweenBase64, ''))
    .filter((form) => form.length >= shortestNeedle);
}

function identity(text: string): Derived {
  const starts = new Uint32Array(text.length);
  const ends = new Uint32Array(text.length);
  for (let index = 0; index < text.length; index++) {
    starts[index] = index;
    ends[index] = index + 1;
  }
  return { text, starts, ends };
}

const decodings: readonly (readonly [pattern: RegExp, decode: (code: string) => string])[] = [
  [/(?:%(?:25)*[\da-f]{2})+/gi, fromPercent],
  [/\\+(?:u[\da-f]{4}|[nrtbf])?/gi, fromEscape],
  [/&(?:amp;)*(?:#\d{1,7}|#x[\da-f]{1,6}|lt|gt|quot|apos|amp);/gi, fromEntity],
];

function decode(text: Derived): Derived {
  let decoded = text;
  for (let round = 0; round < decodingRounds; round++) {
    const before = decoded;
    for (const [pattern, replace] of decodings) decoded = rewrite(decoded, pattern, replace);
    if (decoded === before) break;
  }
  return decoded;
}

// What may be decoded to something else.
const encoded = /[%\\&]/;

function decodeText(text: string): string {
  if (!encoded.test(text)) return text;
  let decoded = text;
  for (let round = 0; round < decodingRounds; round++) {
    for (const [pattern, replace] of decodings) decoded = decoded.replace(pattern, (code) => replace(code));
  }
  return decoded;
}

// White space differs between encoders, is trimmed and wrapped; a character that was cut in two is not to be seen any more.
const notInFolded = /[\s+\p{Cc}\p{Cs}\uFFFD]+/gu;

function fold(text: Derived): Derived {
  const folded = rewrite(text, notInFolded, () => '');
  return { ...folded, text: toLower(folded.text) };
}

function foldText(text: string): string {
  return toLower(text.replace(notInFolded, ''));
}

// Letters beyond these may get longer.
function toLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

const betweenBase64 = /[\s+/_=-]+/g;

function foldBase64(text: Derived): Derived {
  return rewrite(text, betweenBase64, () => '');
}

function rewrite(source: Derived, pattern: RegExp, replace: (match: string) => string): Derived {
  if (source.text.search(pattern) < 0) return source;
  const { length } = source.text;
  // Nothing gets longer than it was: every code is longer than what it stands for.
  const starts = new Uint32Array(length);
  const ends = new Uint32Array(length);
  let text = '';
  let at = 0;
  const copyTo = (end: number) => {
    starts.set(source.starts.subarray(at, end), text.length);
    ends.set(source.ends.subarray(at, end), text.length);
    text += source.text.slice(at, end);
  };
  for (const match of source.text.matchAll(pattern)) {
    const { index } = match;
    copyTo(index);
    at = index + match[0].length;
    const replacement = replace(match[0]);
    starts.fill(source.starts[index] ?? 0, text.length, text.length + replacement.length);
    ends.fill(source.ends[at - 1] ?? 0, text.length, text.length + replacement.length);
    text += replacement;
  }
  copyTo(length);
  return { text, starts, ends };
}

function fromPercent(run: string): string {
  const digits = [...run.matchAll(/%(?:25)*([\da-f]{2})/gi)].map(([, pair]) => pair).join('');
  return Buffer.from(digits, 'hex').toString();
}

function fromEscape(escaped: string): string {
  const [, code] = /u([\da-f]{4})$/i.exec(escaped) ?? [];
  return code === undefined ? '' : String.fromCharCode(Number.parseInt(code, 16));
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function fromEntity(entity: string): string {
  const name = entity
    .slice(entity.lastIndexOf('&') + 1, -1)
    .replace(/^(?:amp;)+/, '')
    .toLowerCase();
  if (!name.startsWith('#')) return entities[name] ?? '';
  const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

function find({ text, starts, ends }: Derived, needles: readonly string[], cutAt: number | undefined): readonly Span[] {
  const found: Span[] = [];
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1))
      found.push([starts[at] ?? 0, ends[at + needle.length - 1] ?? 0]);
    const begun = cutAt === undefined ? 0 : beginningAtEnd(text, needle);
    if (begun > 0) found.push([starts[text.length - begun] ?? 0, cutAt ?? 0]);
  }
  return found;
}

/** How much of the needle the text ends with. */
function beginningAtEnd(text: string, needle: string): number {
  // An encoded character may have been cut in two, too.
  const whole = text.replace(/(?:%[\da-f]?|\\+(?:u[\da-f]{0,3})?|&[#\w]{0,7}|\uFFFD+)$/i, '');
  for (let length = Math.min(needle.length, whole.length); length >= shortestBeginning; length--) {
    if (whole.endsWith(needle.slice(0, length))) return length + text.length - whole.length;
  }
  return 0;
}

/** Each span with its neighbours that `by` takes in; in order, and none within another. */
function widen(text: string, spans: readonly Span[], by: RegExp): readonly Span[] {
  const widened: Span[] = [];
  let covered = 0;
  for (const [start, end] of inOrder(spans)) {
    if (end <= covered) continue;
    let from = start;
    let to = end;
    while (from > covered && by.test(text.charAt(from - 1))) from -= 1;
    while (to < text.length && by.test(text.charAt(to))) to += 1;
    widened.push([from, to]);
    covered = to;
  }
  return widened;
}

function blankSpans(text: string, spans: readonly Span[]): string {
  let result = '';
  let at = 0;
  let open = false;
  for (const [start, end] of inOrder(spans)) {
    if (end <= at) continue;
    // Overlapping or touching ones are one.
    if (!open || start > at) result += text.slice(at, start) + blank;
    at = end;
    open = true;
  }
  return result + text.slice(at);
}

function inOrder(spans: readonly Span[]): readonly Span[] {
  return spans.toSorted(([a], [b]) => a - b);
}
