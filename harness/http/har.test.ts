import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeCaseFolder } from '../fixture/testing/case-folder.ts';
import { refusalOf } from '../fixture/testing/refusal.ts';
import { repositoryRoot } from '../repository.ts';
import { type Exchange, formatHar, readHar } from './har.ts';
import { assertHar } from './testing/har-format.ts';

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

  const moved: Exchange = {
    ...exchange,
    status: 302,
    responseHeaders: [
      { name: 'Location', value: '/v2/refunds' },
      { name: 'Set-Cookie', value: 'a=1' },
    ],
    responseBody: Buffer.alloc(0),
  };

  it('are HAR 1.2, with redirects, bytes, and requests without an answer', () => {
    const text = formatHar([exchange, unanswered, moved, { ...exchange, requestBody: Buffer.from([0xff]) }]);
    assertHar(text);
    const { log } = JSON.parse(text);
    expect(log.entries[0].request.queryString).to.deep.equal([{ name: 'dry', value: '1' }]);
    expect(log.entries[0].request.postData).to.deep.equal({ mimeType: 'application/json', text: '{"amount":5}' });
    expect(log.entries[0].response.content).to.deep.equal({
      size: 3,
      mimeType: 'application/octet-stream',
      text: '/wD+',
      encoding: 'base64',
    });
    expect(log.entries[1].response).to.include({ status: 0, _error: 'ECONNRESET' });
    expect(log.entries[2].response).to.include({ redirectURL: '/v2/refunds' });
  });

  it('lack no field that HAR 1.2 asks for', () => {
    const { log } = JSON.parse(formatHar([exchange]));
    const [entry] = log.entries;
    const optional = new Set(['postData', 'text', '_resourceType']);
    const withFields = [log, entry, entry.request, entry.request.postData, entry.response, entry.response.content];
    for (const fields of [...withFields, entry.timings]) {
      for (const [name, value] of Object.entries(fields)) {
        if (optional.has(name) || name === 'pages' || name === 'encoding') continue;
        delete fields[name];
        expect(() => assertHar(JSON.stringify({ log })), `without ${name}`).to.throw();
        fields[name] = value;
      }
    }
    assertHar(JSON.stringify({ log }));
  });

  it('of all cases are HAR 1.2', async () => {
    const fixtures = join(repositoryRoot, 'fixtures');
    const files = (await readdir(fixtures, { recursive: true })).filter((file) => file.endsWith('.har'));
    expect(files).to.not.deep.equal([]);
    for (const file of files) assertHar(await readFile(join(fixtures, file), 'utf8'));
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
