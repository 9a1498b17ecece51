import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeCaseFolder } from '../fixture/testing/case-folder.ts';
import { refusalOf } from '../fixture/testing/refusal.ts';
import { type Exchange, formatHar, readHar } from './har.ts';

const exchange: Exchange = {
  method: 'POST',
  url: 'https://provider.example/v1/refunds?dry=1',
  requestHeaders: [{ name: 'content-type', value: 'application/json' }],
  requestBody: Buffer.from('{"amount":5}'),
  status: 201,
  responseHeaders: [{ name: 'Content-Type', value: 'application/octet-stream' }],
  responseBody: Buffer.from([0xff, 0x00, 0xfe]),
  error: null,
  startedAt: new Date('2026-09-30T06:00:00.250Z'),
  durationMs: 12,
};
const unanswered: Exchange = {
  ...exchange,
  method: 'GET',
  requestBody: null,
  status: 0,
  responseHeaders: [],
  responseBody: Buffer.alloc(0),
  error: 'ECONNRESET',
};

function setup(text: string) {
  const folder = makeCaseFolder({ 'http.har': text });
  return { file: folder.file('http.har'), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe('HAR files', () => {
  it('give back what was written: bytes, times, and requests without an answer', async () => {
    using folder = setup(formatHar([exchange, unanswered]));
    const read = await readHar(folder.file);
    expect(read).to.deep.equal([exchange, unanswered]);
  });

  it('have the fields that HAR 1.2 asks for', async () => {
    const { log } = JSON.parse(formatHar([exchange, unanswered]));
    expect(log).to.include({ version: '1.2' }).and.to.have.nested.property('creator.name', 'Stint');
    const [entry, second] = log.entries;
    expect(entry).to.have.all.keys('startedDateTime', 'time', 'request', 'response', 'cache', 'timings');
    expect(entry.request.queryString).to.deep.equal([{ name: 'dry', value: '1' }]);
    expect(entry.request.postData).to.deep.equal({ mimeType: 'application/json', text: '{"amount":5}' });
    expect(entry.response.content).to.include({ size: 3, mimeType: 'application/octet-stream', encoding: 'base64' });
    const required = [
      'status',
      'statusText',
      'httpVersion',
      'cookies',
      'headers',
      'content',
      'redirectURL',
      'headersSize',
      'bodySize',
    ];
    expect(entry.response).to.have.all.keys(required);
    expect(second.response).to.have.all.keys([...required, '_error']);
  });

  it('are read as a browser writes them, with less than all fields and more', async () => {
    using folder = setup(
      JSON.stringify({
        log: {
          version: '1.2',
          pages: [{ id: 'page_1' }],
          entries: [
            {
              _initiator: {},
              startedDateTime: '2026-09-30T08:00:00.000+02:00',
              request: { method: 'GET', url: 'https://provider.example/' },
              response: { status: 204 },
            },
          ],
        },
      }),
    );
    const [read] = await readHar(folder.file);
    expect(read).to.include({ method: 'GET', status: 204, requestBody: null, error: null });
    expect(read?.startedAt.toISOString()).to.equal('2026-09-30T06:00:00.000Z');
  });

  it('are refused with file, line and reason', async () => {
    using folder = setup(formatHar([exchange]));
    const text = await readFile(folder.file, 'utf8');
    await writeFile(folder.file, text.replace('"POST"', '"post it"'));
    const line = text.split('\n').findIndex((each) => each.includes('"POST"')) + 1;
    const { message } = await refusalOf(readHar(folder.file));
    expect(message).to.include(`http.har:${line}: log.entries.0.request.method: expected a method in capitals`);
    await writeFile(folder.file, text.slice(0, 80));
    expect((await refusalOf(readHar(folder.file))).message).to.include('expected JSON, got text that');
  });
});
