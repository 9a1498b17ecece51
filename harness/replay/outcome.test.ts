import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startRecordedService } from '../http/recorded-service.ts';
import { callsOf } from './outcome.ts';

/** What a replay keeps of GET requests to these paths. */
async function callsTo(paths: readonly string[], ignore: readonly string[] = []) {
  await using service = await startRecordedService({ name: 'RATES_API_URL', exchanges: [] });
  for (const path of paths) await fetch(`${service.url}${path}`).then((response) => response.arrayBuffer());
  return callsOf({ RATES_API_URL: service.calls }, ignore).rows.map(({ path, statuses }) => ({ path, statuses }));
}

describe('callsOf', () => {
  it('tells requests apart by their query, in whatever order its parameters were sent', async () => {
    expect(await callsTo(['/rates?b=2&a=1', '/rates?a=1&b=2', '/rates?a=1&b=3', '/rates'])).to.deep.equal([
      { path: '/rates', statuses: [501] },
      { path: '/rates?a=1&b=2', statuses: [501, 501] },
      { path: '/rates?a=1&b=3', statuses: [501] },
    ]);
  });

  it('keeps each value of a parameter that is repeated, and names as they have to be written', async () => {
    expect(await callsTo(['/rates?id=2&id=1&of=a%20%26%20b'])).to.deep.equal([
      { path: '/rates?id=1&id=2&of=a+%26+b', statuses: [501] },
    ]);
  });

  it('leaves out parameters that the case ignores', async () => {
    expect(await callsTo(['/rates?at=1&a=1', '/rates?a=1&at=2', '/rates?at=3'], ['?at', '$.at'])).to.deep.equal([
      { path: '/rates', statuses: [501] },
      { path: '/rates?a=1', statuses: [501, 501] },
    ]);
  });
});
