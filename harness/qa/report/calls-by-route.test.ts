import { expect } from 'chai';
import { describe, it } from 'mocha';
import { callsByRoute } from './calls-by-route.ts';

const call = (method: string, path: string, status: number | undefined) => ({
  method,
  path,
  status,
  startedAtMs: 0,
  finishedAtMs: 0,
});

describe('callsByRoute', () => {
  it('puts calls of one route together, and counts their statuses', () => {
    const calls = [
      call('GET', '/v1/rates/EUR/USD', 200),
      call('GET', '/v1/rates/EUR/GBP', 404),
      call('GET', '/v1/rates/CHF/GBP', 200),
      call('GET', '/v1/rates/CHF/JPY', undefined),
    ];
    expect(callsByRoute('API', calls)).to.deep.equal([
      { api: 'API', method: 'GET', route: '/v1/rates/*/*', byStatus: { 200: 2, 404: 1, none: 1 } },
    ]);
  });

  it('keeps other methods, lengths and beginnings apart', () => {
    const calls = [
      call('GET', '/payments/7', 200),
      call('POST', '/payments/7', 201),
      call('POST', '/payments', 201),
      call('GET', '/refunds/7', 200),
    ];
    const routes = callsByRoute('API', calls).map(({ method, route }) => `${method} ${route}`);
    expect(routes).to.deep.equal(['GET /payments/7', 'POST /payments/7', 'POST /payments', 'GET /refunds/7']);
  });

  it('has nothing to tell of no calls', () => {
    expect(callsByRoute('API', [])).to.deep.equal([]);
  });
});
