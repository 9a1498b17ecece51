/**
 * Which names of headers, fields and parameters stand for something that must not be shown.
 *
 * Errs on the side of blanking: `nextPageToken` is none, and is taken for one. Cannot know a secret that is named like
 * anything else (`value`, `code`, `x-partner-id`), nor names in languages other than English and German.
 */

// Anywhere in a name, however it is written: `client_secret`, `clientSecret`, `X-Client-Secret`, `clientsecret2`.
const parts = new RegExp(
  [
    'passw|passphrase|passcode|pwd|kennwort|geheim|secret|token|credential|cookie|signature|hmac|assertion|verifier',
    // What stands in place of a name that was a secret itself.
    'redacted',
    'authori[sz]ation|oauth|bearer|connectionstring|mnemonic',
    '(?:api|app|access|private|secret|shared|signing|encryption|subscription|functions|license|master|account)key',
    'sessionid|sessid|iban|cvv|cvc|cardn|cardsec|cardver|creditcard|debitcard|accountn|securitycode|socialsecurity',
  ].join('|'),
);
const words: ReadonlySet<string> = new Set(
  'auth authn jwt otp totp mfa tan pan pin puk sig sid session ssn pw pat dsn csc'.split(' '),
);
// `card.number` and `pass`, but neither `card_brand` nor `pass_count`.
const lastWords: ReadonlySet<string> = new Set(['card', 'pass']);
const longestName = 128;
// The same few names come again and again; those made of data are not to fill the memory.
const mostRemembered = 1000;
const remembered = new Map<string, boolean>();

/** Whether the value of a field of this name is to be blanked. */
export function isSecretName(name: string): boolean {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const secret = looksSecret(wordsOf(name));
  if (remembered.size === mostRemembered) remembered.clear();
  // A copy: a name cut out of a body would hold on to the whole of it.
  remembered.set(Buffer.from(name).toString(), secret);
  return secret;
}

/** The same for headers and parameters, where any key but an idempotency key opens something. */
export function isSecretParameter(name: string): boolean {
  const found = wordsOf(name);
  if (found.at(-1) === 'key' && found.at(-2) !== 'idempotency') return true;
  return looksSecret(found);
}

function looksSecret(found: readonly string[]): boolean {
  return parts.test(found.join('')) || found.some((word) => words.has(word)) || lastWords.has(found.at(-1) ?? '');
}

function wordsOf(name: string): readonly string[] {
  return name
    .slice(-longestName)
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '');
}
