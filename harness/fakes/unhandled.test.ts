import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FakeError, payments, startFake } from './index.ts';

async function unhandledText(...requests: readonly (readonly [string, RequestInit?])[]): Promise<string> {
  await using fake = await startFake(payments, { state: { apiKey: 'k', payments: {} } });
  for (const [path, init] of requests) await fetch(`${fake.url}${path}`, init);
  try {
    fake.assertNoUnhandled();
  } catch (error) {
    expect(error).to.be.instanceOf(FakeError).with.property('code', 'STINT_FAKE_UNHANDLED');
    return (error as FakeError).message;
  }
  throw new Error('expected an error');
}

describe('a request that no route answers', () => {
  it('is shown with method, path, headers and body, without secrets', async () => {
    const text = await unhandledText([
      '/refunds?token=sesame1',
      {
        method: 'POST',
        headers: { authorization: 'Bearer sesame2', 'x-api-key': 'sesame3', 'idempotency-key': 'key-1' },
        body: JSON.stringify({ payment: 'pay_1', password: 'sesame4' }),
      },
    ]);
    expect(text).to.include('got POST /refunds; add a route');
    expect(text).to.include('\n    idempotency-key: key-1').and.include('"payment":"pay_1"');
    expect(text).to.include('authorization: [redacted]').and.include('x-api-key: [redacted]');
    expect(text).to.not.include('sesame');
  });

  it('is cut, and not shown where it is no text', async () => {
    const long = await unhandledText(['/a', { method: 'PUT', body: 'x'.repeat(700) }]);
    expect(long).to.include(`${'x'.repeat(500)}… (200 more characters)`);
    const bytes = await unhandledText(['/a', { method: 'PUT', body: new Uint8Array([0, 255, 1]) }]);
    expect(bytes).to.include('(3 bytes that are no text)');
  });

  it('is shown with the others, the first five of them', async () => {
    const text = await unhandledText(...Array.from({ length: 7 }, (_, index) => [`/n/${index}`] as const));
    expect(text).to.include('got 7 without one').and.include('GET /n/4').and.include('and 2 more');
    expect(text).to.not.include('GET /n/5');
  });
});
