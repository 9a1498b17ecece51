import { EnvironmentError } from '@stint/sdk';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parseTokens } from './parse-tokens.ts';
import { makeToken } from './tokens.ts';

const { token, entry } = makeToken('qa', 'trigger');
const { entry: other } = makeToken('ops', 'admin');

function refusalOf(value: unknown): EnvironmentError {
  try {
    parseTokens(typeof value === 'string' ? value : JSON.stringify(value));
  } catch (error) {
    expect(error).to.be.instanceOf(EnvironmentError);
    return error as EnvironmentError;
  }
  throw new Error('expected the tokens to be refused');
}

function problemsOf(value: unknown): readonly string[] {
  return refusalOf(value).problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('parseTokens', () => {
  it('reads entries, and hashes in capitals', () => {
    expect(parseTokens(JSON.stringify([entry, other]))).to.deep.equal([entry, other]);
    expect(parseTokens(JSON.stringify([{ ...entry, sha256: entry.sha256.toUpperCase() }]))).to.deep.equal([entry]);
  });

  it('has none when nothing is set', () => {
    for (const text of [undefined, '', ' \n', '[]']) expect(parseTokens(text)).to.deep.equal([]);
  });

  const nameMessage = 'expected 1 to 40 letters, digits, dots, dashes and underscores; what it holds are none';
  const hashMessage = 'expected the SHA-256 of the token, 64 hex digits; put the hash there, never the token';
  const roleMessage = 'expected read, trigger, admin; it is none of these';
  const table: readonly (readonly [string, unknown, readonly string[]])[] = [
    [
      'no JSON',
      token,
      [
        `STINT_ADMIN_TOKENS: expected a JSON array like [{"name":"qa","role":"trigger","sha256":"…"}], got ${token.length} characters that are no JSON`,
      ],
    ],
    [
      'no array',
      entry,
      ['STINT_ADMIN_TOKENS: expected a JSON array like [{"name":"qa","role":"trigger","sha256":"…"}], got other JSON'],
    ],
    [
      'entries that are no objects',
      [token, null, [entry]],
      [0, 1, 2].map(
        (index) => `STINT_ADMIN_TOKENS.${index}: expected an object with name, role and sha256; what it holds is none`,
      ),
    ],
    ['an unknown role', [{ ...entry, role: token }], [`STINT_ADMIN_TOKENS.0.role: ${roleMessage}`]],
    ['a role by the prototype', [{ ...entry, role: 'constructor' }], [`STINT_ADMIN_TOKENS.0.role: ${roleMessage}`]],
    ['the token for its hash', [entry, { ...other, sha256: token }], [`STINT_ADMIN_TOKENS.1.sha256: ${hashMessage}`]],
    ['a bad name', [{ ...entry, name: `${token} ${token}` }], [`STINT_ADMIN_TOKENS.0.name: ${nameMessage}`]],
    [
      'all that is wrong at once',
      [{}, { ...other, name: 'a\r\nb' }],
      [
        `STINT_ADMIN_TOKENS.0.name: ${nameMessage}`,
        `STINT_ADMIN_TOKENS.0.role: ${roleMessage}`,
        `STINT_ADMIN_TOKENS.0.sha256: ${hashMessage}`,
        `STINT_ADMIN_TOKENS.1.name: ${nameMessage}`,
      ],
    ],
    [
      'the token beside its hash',
      [{ ...entry, token }],
      ['STINT_ADMIN_TOKENS.0: expected name, role and sha256 only; take the other fields out'],
    ],
    [
      'a name twice',
      [entry, { ...other, name: entry.name }],
      ['STINT_ADMIN_TOKENS.1.name: is that of entry 0 too; each needs its own'],
    ],
    [
      'a hash twice, in whatever case',
      [entry, { ...other, sha256: entry.sha256.toUpperCase() }],
      ['STINT_ADMIN_TOKENS.1.sha256: is that of entry 0 too; each needs its own'],
    ],
  ];
  for (const [what, value, problems] of table) {
    it(`refuses ${what}, without showing it`, () => {
      expect(problemsOf(value)).to.deep.equal(problems);
      const shown = `${refusalOf(value).message} ${refusalOf(value).stack} ${String(refusalOf(value).cause)}`;
      for (const secret of [token, entry.sha256, other.sha256]) expect(shown).not.to.include(secret);
    });
  }

  it('takes or names any JSON, and throws nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseTokens(text);
        } catch (error) {
          expect(error).to.be.instanceOf(EnvironmentError);
        }
      }),
    );
  });
});
