import { expect } from 'chai';
import { describe, it } from 'mocha';
import { logLineText } from './log-line.ts';

const plain = (line: unknown) =>
  logLineText(typeof line === 'string' ? line : JSON.stringify(line), (_style, text) => text);
const time = '2026-09-30T06:00:01.999Z';

describe('logLineText', () => {
  it('shows time, message and fields, and the level of what a person should look at', () => {
    expect(plain({ level: 'info', time, msg: 'listening', url: 'http://127.0.0.1:1' })).to.equal(
      '06:00:01 listening url=http://127.0.0.1:1',
    );
    expect(plain({ level: 'warn', time, msg: 'slow' })).to.equal('06:00:01 warning slow');
    expect(plain({ level: 'error', time, msg: 'broken', error: { name: 'E' } })).to.equal(
      '06:00:01 error broken error={"name":"E"}',
    );
  });

  it('leaves alone what is no line of a log', () => {
    for (const line of ['', 'a text', '7', 'null', '["msg"]', '{"other":1}']) expect(plain(line)).to.equal(line);
  });
});
