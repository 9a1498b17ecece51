/**
 * Tells quickly that none of some words is in a text, however its letters are written and whatever white space is in it.
 *
 * Guarantees: never says no of a text that holds one of the words as it is, in other case, or with other white space and
 * other characters of `+/_=-` in it or missing. A yes means nothing but that it is worth a closer look.
 * How: four characters in a row of each word are noted in a table of hashes, and each four of the text looked up there.
 */

const bits = 16;

export class TraceFilter {
  readonly #table = new Uint8Array(2 ** bits);
  /** A word has too little that could be looked up. */
  #isBlind = false;

  constructor(words: readonly string[]) {
    for (const word of words) {
      const codes = [...word].map((character) => codeOf(character.charCodeAt(0))).filter((code) => code > 0);
      // From the middle: a connection string begins like many other texts.
      const from = Math.max(0, Math.floor(codes.length / 2) - 2);
      const four = codes.slice(from, from + 4);
      if (four.length < 4) this.#isBlind = true;
      else this.#table[hash(four.reduce((last, code) => (last << 8) | code, 0))] = 1;
    }
  }

  mayBeIn(text: string): boolean {
    if (this.#isBlind) return true;
    let last = 0;
    for (let index = 0; index < text.length; index++) {
      const code = codeOf(text.charCodeAt(index));
      if (code === 0) continue;
      last = (last << 8) | code;
      if (this.#table[hash(last)] === 1) return true;
    }
    return false;
  }
}

function hash(four: number): number {
  return Math.imul(four, 0x9e3779b1) >>> (32 - bits);
}

const codes = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return code <= 32 || code === 127 || '+/_=-'.includes(character) ? 0 : character.toLowerCase().charCodeAt(0);
});

/** 0: it is passed over. */
function codeOf(code: number): number {
  return codes[code] ?? 0;
}
