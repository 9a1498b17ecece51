import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type DynaliteProcess, startDynalite } from './dynalite-process.ts';
import { makeScratch } from './testing/scratch.ts';
import { openTables } from './testing/tables.ts';

function setup() {
  const scratch = makeScratch();
  const { signal } = new AbortController();
  const start = (path?: string): Promise<DynaliteProcess> =>
    startDynalite({ path, logFile: join(scratch.path, 'log'), signal, onStatus: () => undefined });
  return { directory: scratch.path, start, [Symbol.dispose]: () => scratch[Symbol.dispose]() };
}

describe('startDynalite', () => {
  for (const where of ['memory', 'a folder']) {
    it(`lists and deletes exactly the tables that it should, in ${where}`, async () => {
      using fresh = setup();
      await using server = await fresh.start(where === 'memory' ? undefined : join(fresh.directory, 'data'));
      using tables = openTables(server.endpoint);
      // Names that are prefixes of each other: a range that is too wide shows here.
      const names = ['items', 'items-2', 'items.3', 'items_4'];
      for (const name of names) {
        await tables.create(name);
        await tables.put(name, ['a', 'b', 'c']);
      }
      expect(await tables.names()).to.deep.equal(names);
      await tables.delete('items');
      expect(await tables.names()).to.deep.equal(names.slice(1));
      for (const name of names.slice(1)) expect(await tables.count(name)).to.equal(3);
      await tables.create('items');
      expect(await tables.count('items')).to.equal(0);
    });
  }

  it('takes writes as soon as CreateTable has answered', async () => {
    using fresh = setup();
    await using server = await fresh.start();
    using tables = openTables(server.endpoint);
    for (let round = 0; round < 200; round += 1) {
      await tables.create(`table-${round}`);
      await tables.put(`table-${round}`, ['a']);
    }
  });

  it('goes on when a client hangs up in mid-request', async () => {
    using fresh = setup();
    await using server = await fresh.start();
    using tables = openTables(server.endpoint);
    const socket = connect(Number(new URL(server.endpoint.endpoint).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 100\r\n\r\n{"half',
    );
    socket.resetAndDestroy();
    await once(socket, 'close');
    await tables.create('after');
    expect(await tables.names()).to.deep.equal(['after']);
  });
});
