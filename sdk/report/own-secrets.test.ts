import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { OwnSecrets } from './own-secrets.ts';

const secret = 'hun"ter2/pä+ss';

describe('report/own-secrets', () => {
  it('finds a secret in every form, and leaves what is around it', () => {
    const own = new OwnSecrets([secret]);
    const percent = encodeURIComponent(secret);
    for (const form of [
      secret,
      percent,
      percent.toLowerCase(),
      encodeURIComponent(percent),
      [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(''),
      new URLSearchParams({ a: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
      [...secret].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
      secret.replaceAll('/', '\\/').replaceAll('"', '&quot;').replaceAll('ä', '&#xe4;'),
      secret.toUpperCase().replace('Ä', 'ä'),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      encodeURIComponent(Buffer.from(`bob:${secret}`).toString('base64')),
      Buffer.from(`x${secret}y`).toString('base64'),
      Buffer.from(`xy${secret}`).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ])
      expect(own.blank(`it was "${form}" there`), form).to.equal('it was "[redacted]" there');
  });

  it('finds it where an URL or header has dropped its line breaks or outer spaces', () => {
    const own = new OwnSecrets([' line-one\nline-two\n']);
    expect(own.blank('a=line-oneline-two&b')).to.equal('a=[redacted]&b');
    expect(own.blank('a=line-one\\nline-two')).to.equal('a=[redacted]');
  });

  it('blanks each of several, overlapping ones as one', () => {
    const own = new OwnSecrets(['abcdef', 'defghi', 'xyzxyz']);
    expect(own.blank('1abcdefghi2xyzxyzxyz3')).to.equal('1[redacted]2[redacted]3');
  });

  it('does not look for what is shorter than six characters, nor for nothing', () => {
    const text = '{"status":"ok","n":12345}\n\n\n\n\n\n\n';
    expect(new OwnSecrets(['', 'ok', '12345']).blank(text)).to.equal(text);
    expect(new OwnSecrets(['      ', '++++++', '\\\\\\\\\\\\']).blank(text)).to.equal(text);
  });

  it('blanks the beginning of a secret at the end of a text that was cut', () => {
    const own = new OwnSecrets(['hunter2-hünter2']);
    for (const end of ['hunter2', 'hunter2-h%c3', 'hunter2-h\\u00f', 'hunter2-h\uFFFD', 'hun', 'hunter2-hünter'])
      expect(own.blank(`a ${end}`, true), end).to.equal('a [redacted]');
    const basic = Buffer.from('bob:hunter2-hünter2').toString('base64').slice(0, 14);
    expect(own.blank(`a ${basic}`, true)).to.equal('a [redacted]');
    expect(own.blank('a hunter2', false)).to.equal('a hunter2');
    expect(own.blank('a bhu', true)).to.equal('a bhu');
  });

  it('takes no longer where a secret is everywhere, or odd', () => {
    const own = new OwnSecrets(['A'.repeat(14), '\\\\\\\\\\\\\\"\\"', '%25%25%25', 'x'.repeat(5_000)]);
    const startedMs = performance.now();
    for (const piece of ['A', 'QUFB', '\\', '%25', '\\u0041', '&amp;', '\0', 'AAAAAAAAAAAAAA-'])
      own.blank(piece.repeat(Math.ceil(16_384 / piece.length)), true);
    // Some 100 ms; anything quadratic takes seconds.
    expect(performance.now() - startedMs).to.be.below(2_000);
  });

  it('leaves no secret in any text, whatever it is made of', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('%', '\\', '"', '&#', '%2', '\\u'),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 6 }),
        piece,
        piece,
        fc.boolean(),
        (own, before, after, cut) => {
          fc.pre(!'[redacted]'.includes(own) && own.isWellFormed());
          const blanked = new OwnSecrets([own]).blank(`${before}${own}${after}`, cut);
          expect(blanked).not.to.include(own);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
