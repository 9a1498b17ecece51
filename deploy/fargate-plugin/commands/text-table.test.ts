import { expect } from 'chai';
import { describe, it } from 'mocha';
import { textTable, wrap } from './text-table.ts';

describe('fargate-plugin/commands/text-table', () => {
  it('makes columns as wide as their widest cell, and wraps the last', () => {
    const rows = [
      ['job', 'rev', 'state'],
      ['publish-cities', '7', 'it ended a while ago and nobody knows why'],
    ];
    expect(textTable(rows, { width: 46, right: new Set([1]) }).split('\n')).to.deep.equal([
      'job             rev  state',
      'publish-cities    7  it ended a while ago and',
      '                     nobody knows why',
    ]);
  });

  it('does not cut a word that is longer than a line, and leaves the last column readable', () => {
    expect(wrap('see https://example.com/long now', 10)).to.deep.equal(['see', 'https://example.com/long', 'now']);
    const [line] = textTable([['x'.repeat(60), 'twenty characters of it']], { width: 40 }).split('\n');
    expect(line).to.have.length(60 + 2 + 23);
  });
});
