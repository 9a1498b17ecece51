/**
 * Blanks what stands in text under a name that says it is secret, or in a form that only secrets have.
 *
 * Blanks the values of such names (`secret-names.ts`) in JSON at any depth, whole or cut or broken, and in JSON within a
 * JSON string; in forms and query strings, also percent-encoded within another; in XML elements and attributes; in lines
 * like `password: …`; user and password in URLs; tokens after `Bearer`, `Basic` …; JSON web tokens, PEM keys and the keys of
 * some well-known services. It reads no grammar but looks for patterns, so that it works on what no parser would take;
 * where the end of a value is not to be found, all the rest is blanked.
 * Cannot know a secret under a harmless name (`{"name":"password","value":"…"}`, a path of a URL), nor one in a form of its own.
 */

import { blank, decodePercent } from './own-secrets.ts';
import { isSecretName, isSecretParameter } from './secret-names.ts';

// Encoded within encoded within …: nobody does so more often, and each level costs the whole text once more.
const deepest = 4;

const fieldName = /(\\{0,15})(["'])([^"']{1,128})\1\2(?:\s|\\{1,15}[nrt])*(?::|=>?)(?:\s|\\{1,15}[nrt])*/g;
const pair = /(?<![\w.\-~%[\]$])([\w.\-~%[\]$]+)=(\\{0,15}"[^"]*"?|\\{0,15}'[^']*'?|[^&\s"'<>]+)/g;
const line = /^([ \t>-]{0,40}([\w.-]{1,64})[ \t]{0,10}[:=][ \t]*)(\S.*)$/gm;
const element = /<([\w.:[\]-]{1,128})(\s[^<>]*)?>/g;
const userInfo = /(:(?:\\{0,15}\/){2})[^\s/?#"'<>\\]*@/g;
const userInfoAtEnd = /(:(?:\\{0,15}\/){2})[^\s/?#"'<>\\]*$/;
const authorization = /\b(bearer|basic|digest|negotiate)((?:\s|%20|\+)+)[\w.~+/=%-]+/gi;
// In a sentence `basic` may be a word like any other: what comes after it is not, if it has a digit or ends like base64.
const credentials = /\b(bearer|basic)((?:\s|%20|\+)+)(?=[\w.~+/%-]*[\d=])[\w.~+/=%-]{8,}/gi;
const wellKnown = [
  /(?<![\w-])eyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g,
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
  /\b(?:sk|rk|whsec)_\w{12,}/g,
  /\b(?:sk-[\w-]{20,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{12,}|xox[a-z]-[\w-]{8,})/g,
  /\b(?:(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{20,})/g,
  // The admin's own.
  /\bstint_[\w-]{20,}/g,
  /(?<=\bhooks\.slack\.com\/)(?:services|workflows|triggers)\/[\w/-]+/g,
];
// Each of the patterns needs one of these. Most texts have none, and are spared the rest.
const shapeTraces =
  /:(?:\\{0,15}\/){2}|bearer|basic|digest|negotiate|eyJ|-----BEGIN|[sr]k[_-]|whsec_|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|AKIA|ASIA|AIza|stint_[\w-]{20}|hooks\.slack/i;
const nameTraces = /[=<]|["'](?:\s|\\{1,15}[nrt])*:|^[ \t>-]{0,40}[\w.-]{1,64}[ \t]{0,10}:/m;

/** `cut`: the text went on, and may end within a value. */
export function redactText(text: string, cut = false, depth = 0): string {
  if (!nameTraces.test(text) && !shapeTraces.test(text)) return text;
  let redacted = redactFields(redactTokens(text));
  redacted = redactElements(redacted);
  redacted = redacted.replace(pair, (whole, name: string, value: string) => redactPair(whole, name, value, depth));
  redacted = redacted.replace(line, (whole, start: string, name: string) =>
    isSecretName(decodePercent(name)) ? `${start}${blank}` : whole,
  );
  return redactUsers(redacted, cut).replace(authorization, `$1$2${blank}`);
}

/**
 * Blanks only what has a form that secrets have, whatever stands before it: for texts of our own, whose words are
 * `API_KEY: is not set` and the like.
 */
export function redactShapes(text: string, cut = false): string {
  if (!shapeTraces.test(text)) return text;
  return redactUsers(redactTokens(text), cut).replace(credentials, `$1$2${blank}`);
}

/** Blanks what can be nothing but a secret: tokens of well-known services, JSON web tokens, keys. */
export function redactTokens(text: string): string {
  return wellKnown.reduce((rest, pattern) => rest.replace(pattern, blank), text);
}

function redactUsers(text: string, cut: boolean): string {
  const redacted = text.replace(userInfo, `$1${blank}@`);
  return cut ? redacted.replace(userInfoAtEnd, `$1${blank}`) : redacted;
}

/** Of a form or a query string: `a=1&b=2`. */
export function redactForm(form: string, cut = false): string {
  const pairs = form.split('&');
  const redacted = pairs.map((whole) => {
    const at = whole.indexOf('=');
    return at < 0 ? whole : redactPair(whole, whole.slice(0, at), whole.slice(at + 1), 0);
  });
  return redactText(redacted.join('&'), cut);
}

export function redactUrl(url: string, cut = false): string {
  const [, base = '', query, hash] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(url) ?? [];
  const cutBase = cut && query === undefined && hash === undefined;
  return [
    redactText(base, cutBase),
    query === undefined ? '' : `?${redactForm(query, cut)}`,
    hash === undefined ? '' : `#${redactForm(hash, cut)}`,
  ].join('');
}

function redactPair(whole: string, encodedName: string, value: string, depth: number): string {
  const name = decodePercent(encodedName);
  if (isSecretParameter(name)) return value === '' ? whole : `${encodedName}=${blank}`;
  if (!value.includes('%') || depth === deepest) return whole;
  const decoded = decodePercent(value);
  const redacted = redactText(decoded, false, depth + 1);
  if (redacted === decoded) return whole;
  const encoded = encodeURIComponent(redacted.toWellFormed());
  return `${encodedName}=${encoded.replaceAll(encodeURIComponent(blank), blank)}`;
}

/** `"name": value`, whatever the value is, in JSON and what looks like it. */
function redactFields(text: string): string {
  const pattern = new RegExp(fieldName);
  let redacted = '';
  let at = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [whole, slashes = '', quote = '', name = ''] = match;
    const start = match.index + whole.length;
    const end = isSecretName(decodeEscapes(name)) ? endOfValue(text, start, quote) : start;
    if (end > start) {
      redacted += `${text.slice(at, start)}${slashes}${quote}${blank}${slashes}${quote}`;
      at = end;
      pattern.lastIndex = end;
    } else {
      // What looked like a name may have been the end of a value: the next name may begin with its last quote.
      pattern.lastIndex = match.index + slashes.length + quote.length;
    }
  }
  return redacted + text.slice(at);
}

function decodeEscapes(name: string): string {
  return name.replace(/\\{1,15}u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

const opening = /(\\*)(["'])|[{[]/y;
const harmless = /(?:null|true|false)\b/y;
const scalar = /[^,}\]\r\n]*/y;

/** Where the value that starts here ends; `start` itself when it needs no blanking. */
function endOfValue(text: string, start: number, quote: string): number {
  if (matchAt(harmless, text, start) !== null) return start;
  const opened = matchAt(opening, text, start);
  if (opened === null) return start + (matchAt(scalar, text, start)?.[0].length ?? 0);
  const [whole, slashes, valueQuote] = opened;
  if (valueQuote === undefined) return endOfBrackets(text, start, quote);
  return endOfString(text, start + whole.length, valueQuote, slashes?.length ?? 0);
}

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

/**
 * Where the string ends whose opening quote had so many backslashes before it: 0, in a string of JSON 1, in one of those 3 …
 * Its closing quote has as many, and between them stand whole escaped characters of twice as many and two.
 */
function endOfString(text: string, from: number, quote: string, backslashes: number): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    if (backslashesBefore(text, at, from) % (2 * backslashes + 2) === backslashes) return at + 1;
  }
  return text.length;
}

function endOfBrackets(text: string, start: number, quote: string): number {
  const pattern = /["'{}[\]]/g;
  pattern.lastIndex = start;
  let depth = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [found] = match;
    if (found === quote) {
      const before = backslashesBefore(text, match.index, start);
      pattern.lastIndex = endOfString(text, match.index + 1, quote, before);
    } else if (found === '{' || found === '[') {
      depth += 1;
    } else if (found === '}' || found === ']') {
      depth -= 1;
      if (depth === 0) return pattern.lastIndex;
    }
  }
  return text.length;
}

function backslashesBefore(text: string, index: number, from: number): number {
  let at = index;
  while (at > from && text[at - 1] === '\\') at -= 1;
  return index - at;
}

function redactElements(text: string): string {
  const pattern = new RegExp(element);
  let redacted = '';
  let at = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [whole, name = ''] = match;
    if (whole.endsWith('/>') || !isSecretName(name)) continue;
    const start = match.index + whole.length;
    const closing = text.indexOf(`</${name}`, start);
    redacted += text.slice(at, start) + blank;
    at = closing < 0 ? text.length : closing;
    pattern.lastIndex = at;
  }
  return redacted + text.slice(at);
}
