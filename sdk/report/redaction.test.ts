import { expect } from 'chai';
import { describe, it } from 'mocha';
import { StintError } from '../errors.ts';
import { Redaction } from './redaction.ts';

const secret = 'sesame-street-42';
const setup = () => new Redaction([secret, '4711471147']);

describe('report/redaction, of texts', () => {
  it('blanks own secrets in any form, names of secrets and common shapes', () => {
    const redaction = setup();
    const base64 = Buffer.from(`user:${secret}`).toString('base64');
    for (const text of [
      `it was ${secret}`,
      `it was ${base64}`,
      `it was ${encodeURIComponent(secret)}`,
      'password=other&a=b',
      'authorization: Bearer abc.def',
      'postgres://bob:other@db/stint',
      'ghp_0123456789abcdefghijABCD',
      'xoxb-1234567890-abcdef',
      'AKIAIOSFODNN7EXAMPLE',
      `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2ln`,
      `stint_${'a1-_'.repeat(10)}`,
      'https://hooks.slack.com/services/T0000/B0000/other',
    ]) {
      expect(redaction.text(text), text).to.include('[redacted]');
      expect(redaction.text(text), text).not.to.match(/sesame|other\b|0123456789|1234567890|IOSFODNN7|c2ln|a1-_/);
    }
  });

  it('leaves the words of our own messages alone, but for what is secret in any place', () => {
    const message = `  API_KEY: is a secret that is not set; got ${secret} from https://a:b@c/`;
    expect(setup().name(message)).to.equal(
      '  API_KEY: is a secret that is not set; got [redacted] from https://[redacted]@c/',
    );
    expect(setup().name('token refreshed')).to.equal('token refreshed');
  });
});

describe('report/redaction, of errors', () => {
  it('blanks messages, names and codes, of our own errors too', () => {
    const odd = Object.assign(new TypeError(`no ${secret}`), { code: secret, name: `Bad ${secret}` });
    expect(setup().error(odd)).to.deep.equal({
      name: 'Bad [redacted]',
      code: '[redacted]',
      message: 'no [redacted]',
    });
    expect(setup().error(new StintError('STINT_X', `API_KEY: got ${secret}`)).message).to.equal(
      'API_KEY: got [redacted]',
    );
  });

  it('tells neither a cause nor what is no error, and the reasons of an aggregate without secrets', () => {
    const caused = new Error('outer', { cause: new Error(secret) });
    const all = new AggregateError([new Error(`a ${secret}`), new Error('b', { cause: secret })]);
    for (const thrown of [caused, secret, { secret }, [secret], all])
      expect(JSON.stringify(setup().error(thrown))).not.to.include('sesame');
    expect(setup().error(all).message).to.equal('a [redacted]; b');
  });

  it('leaves no piece of a secret where a message is cut', () => {
    for (let before = 470; before < 505; before++)
      expect(setup().error(new Error('x'.repeat(before) + secret)).message).not.to.match(/ses/);
    for (let before = 3_980; before < 4_005; before++)
      expect(setup().error(new Error('x'.repeat(before) + secret)).message).not.to.match(/ses/);
  });
});

describe('report/redaction, of fields', () => {
  it('blanks strings at any depth, names of fields, and whatever stands under a secret’s name', () => {
    const fields = {
      note: `got ${secret}`,
      [secret]: 1,
      list: [secret, { deep: [`x${secret}`] }],
      headers: { Authorization: 'Bearer other', cookie: ['other'], accept: 'json' },
      session: { id: 'other' },
      error: new Error(`no ${secret}`, { cause: secret }),
    };
    expect(setup().fields(fields)).to.deep.equal({
      note: 'got [redacted]',
      '[redacted]': 1,
      list: ['[redacted]', { deep: ['x[redacted]'] }],
      headers: { Authorization: '[redacted]', cookie: '[redacted]', accept: 'json' },
      session: '[redacted]',
      error: { name: 'Error', code: '', message: 'no [redacted]' },
    });
  });

  it('keeps numbers, which are counts, but for one that is a secret', () => {
    expect(setup().fields({ tokens: 3, cookies: 0, pins: null, n: 4_711_471_147, big: 4_711_471_147n })).to.deep.equal({
      ...{ tokens: 3, cookies: 0, pins: null, n: '[redacted]', big: '[redacted]' },
    });
  });

  it('passes by a summary, whose names are hosts and reasons', () => {
    const summary = { schema: 'stint.summary/1', external: { 'auth.example.test': { calls: 1 } } };
    expect(setup().fields({ summary })).to.deep.equal({ summary });
  });

  it('takes whatever comes: circles, what throws, what is made when it is written, bytes, depths', () => {
    const circle: Record<string, unknown> = { secret };
    circle.self = circle;
    const trap = Object.defineProperty({}, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error(secret);
      },
    });
    const angry = {
      toJSON: () => {
        throw new Error(secret);
      },
    };
    let deep: unknown = secret;
    for (let depth = 0; depth < 50; depth++) deep = [deep];
    const fields = setup().fields({
      circle,
      trap,
      angry,
      deep,
      date: new Date(0),
      made: { toJSON: () => ({ note: secret }) },
      bytes: Buffer.from(secret),
      run() {},
      symbol: Symbol(secret),
      map: new Map([[secret, secret]]),
      url: new URL(`https://bob:${secret}@a.test/`),
    });
    expect(JSON.stringify(fields)).not.to.match(/sesame|115,101/);
    expect(fields).to.deep.include({
      circle: { secret: '[redacted]', self: '[circular]' },
      angry: '[unreadable]',
      date: '1970-01-01T00:00:00.000Z',
      made: { note: '[redacted]' },
      bytes: '[16 bytes]',
      url: 'https://[redacted]@a.test/',
    });
  });

  it('costs a line no more than some µs', () => {
    const redaction = setup();
    const times = 20_000;
    const line = (index: number) => {
      const error = { name: 'HttpError', code: 'STINT_HTTP_500', message: `expected a 2xx answer, got ${index}` };
      redaction.text(`item ${index} will be tried again`);
      redaction.fields({ item: `tenant-1/${index}`, tries: 2, error });
    };
    for (let index = 0; index < times; index++) line(index);
    const before = process.cpuUsage();
    for (let index = 0; index < times; index++) line(index);
    const { user, system } = process.cpuUsage(before);
    // Some 3 µs on a quiet machine; a busy one takes its share.
    expect((user + system) / times).to.be.below(25);
  });
});

describe('report/redaction, of a scope', () => {
  it('blanks own secrets alone, in names too, and leaves all else as it is', () => {
    const scope = { tenantId: secret, token: 'shown', ids: [`a-${secret}`, 'b'], n: 7, more: { [secret]: null } };
    expect(setup().json(scope)).to.deep.equal({
      ...{ tenantId: '[redacted]', token: 'shown', ids: ['a-[redacted]', 'b'], n: 7, more: { '[redacted]': null } },
    });
  });
});
