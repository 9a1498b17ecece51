import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { slackCode, slackLink, slackPlain } from './slack-text.ts';

/** Text as an attacker would write it. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 500 }),
  fc.string({
    unit: fc.constantFrom('`', '<', '>', '&', '@', '!', '|', '*', '_', '~', '\n', ' ', 'a', '\ud800', '😀', '\u202e'),
  }),
  fc
    .array(fc.constantFrom('@channel', '@here', '<!everyone>', '<https://evil|x>', '`', '&lt;', '```', '\u200b', ' '))
    .map((parts) => parts.join('')),
);

describe('slackCode', () => {
  it('is one code span of one line in which nothing is left to read, however long and whatever the text', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 3, max: 300 }), (text, longest) => {
        const code = slackCode(text, longest);
        if (code === '') return;
        expect(code.length).to.be.at.most(longest);
        const [, inside = ''] = /^`([^`]+)`$/.exec(code) ?? [];
        expect(inside).to.not.equal('');
        expect(inside).to.not.match(/[<>\n\r]/);
        expect(inside).to.not.match(/&(?!amp;|lt;|gt;)/);
        expect(inside).to.not.match(/@(channel|here|everyone|group)/i);
        expect(inside.isWellFormed()).to.equal(true);
      }),
    );
  });

  it('shows short text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 50 }), (text) => {
        const shown = slackCode(text, 1_000).slice(1, -1);
        const decoded = shown
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&amp;', '&')
          .replaceAll('\u200b', '');
        expect(decoded).to.equal(text.replaceAll('`', "'").replace(/\s+/g, ' ').trim());
      }),
    );
  });

  it('says by a mark that it was cut, and cuts between characters', () => {
    expect(slackCode('abcdef', 7)).to.equal('`abcd…`');
    expect(slackCode('abcde', 7)).to.equal('`abcde`');
    expect(slackCode('a&&&', 9)).to.equal('`a&amp;…`');
    expect(slackCode('😀😀😀', 7)).to.equal('`😀😀…`');
    expect(slackCode(' \n\u200b', 7)).to.equal('');
  });
});

describe('slackPlain', () => {
  it('is one line that is not too long', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const plain = slackPlain(text, 150);
        expect(plain.length).to.be.at.most(150);
        expect(plain).to.not.match(/[\n\r]/);
      }),
    );
  });
});

describe('slackLink', () => {
  it('links to addresses of the web, and to nothing else', () => {
    expect(slackLink('https://admin.example/runs/1?a=1&b=2', 'Run')).to.equal(
      '<https://admin.example/runs/1?a=1&amp;b=2|Run>',
    );
    for (const url of ['javascript:alert(1)', 'no url', 'file:///etc', '', `https://a/${'b'.repeat(800)}`])
      expect(slackLink(url, 'Run'), url).to.equal(undefined);
  });

  it('cannot be ended from within', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const link = slackLink(`https://admin.example/${text}`, 'Run');
        if (link !== undefined) expect(link).to.match(/^<https:\/\/[^<>|`\s]+\|Run>$/);
      }),
    );
  });
});
