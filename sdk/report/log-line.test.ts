import { expect } from 'chai';
import { describe, it } from 'mocha';
import { logLineText, terminalLog } from './log-line.ts';

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

  it('puts what is long below the line', () => {
    const list = Array.from({ length: 80 }, (_, index) => index);
    const lines = plain({ level: 'info', time, msg: 'summary', summary: { list }, n: 1 }).split('\n');
    expect(lines.slice(0, 4)).to.deep.equal(['06:00:01 summary n=1', '  summary: {', '    "list": [', '      0,']);
  });

  it('lets nothing through that a terminal would obey', () => {
    const evil = '\u001b[2J\u001b]0;title\u0007\r\u009b31m';
    for (const line of [evil, { msg: evil, field: evil, deep: { evil }, long: evil.repeat(100) }]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(plain(line)).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });
});

describe('terminalLog', () => {
  it('writes each line for people, coloured or not', () => {
    const written: string[] = [];
    const terminal = { write: (text: string) => void written.push(text) };
    const line = `${JSON.stringify({ level: 'warn', time, msg: 'slow' })}\n`;
    terminalLog(terminal, { colours: false }).write(line);
    terminalLog(terminal, { colours: true }).write(line);
    expect(written[0]).to.equal('06:00:01 warning slow\n');
    expect(written[1]).to.include('\u001b[33mwarning\u001b[39m');
  });
});
