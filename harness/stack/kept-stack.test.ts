import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { keepDatabase } from './kept-database.ts';
import { hasKeptData, openKeptStack } from './kept-stack.ts';
import { isRunning, waitForEnd } from './process-identity.ts';
import { startStackOwner } from './testing/processes.ts';
import { query } from './testing/query.ts';
import { makeScratch } from './testing/scratch.ts';

function setup() {
  const scratch = makeScratch();
  return {
    directory: scratch.path,
    addressFile: join(scratch.path, 'stack-1', 'address.json'),
    open: (onStatus?: (line: string) => void) =>
      openKeptStack({ directory: scratch.path, ...(onStatus && { onStatus }) }),
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

describe('openKeptStack', () => {
  it('starts the stack when it does not run, and says whether anything was kept', async () => {
    using fresh = setup();
    expect(hasKeptData(fresh.directory)).to.equal(false);
    expect(hasKeptData(join(fresh.directory, 'nowhere'))).to.equal(false);
    expect(existsSync(join(fresh.directory, 'nowhere'))).to.equal(false);
    {
      await using stack = await fresh.open();
      expect(await query(stack.postgresUrl, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
      expect(statSync(fresh.addressFile).mode & 0o777).to.equal(0o600);
    }
    expect(hasKeptData(fresh.directory)).to.equal(true);
    expect(existsSync(fresh.addressFile)).to.equal(false);
  });

  it('visits the stack of another process, and leaves it running', async () => {
    using fresh = setup();
    const owner = await startStackOwner(fresh.directory, true);
    {
      await using stack = await fresh.open();
      expect(stack.postgresUrl).to.equal(owner.address.postgresUrl);
      expect(await query(stack.postgresUrl, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    }
    expect(isRunning(owner.postgres)).to.equal(true);
    owner.process.kill('SIGKILL');
    await waitForEnd(owner.postgres, 5_000);
  });

  it('waits for a stack that another process is starting', async () => {
    using fresh = setup();
    const [one, other] = await Promise.all([fresh.open(), fresh.open()]);
    expect(one.postgresUrl).to.equal(other.postgresUrl);
    await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
  });

  it('ends its servers only when the last guest has left, and lets others in meanwhile', async () => {
    using fresh = setup();
    const lines: string[] = [];
    const holder = await fresh.open((line) => lines.push(line));
    const guest = await fresh.open();
    const ending = holder[Symbol.asyncDispose]();
    {
      await using late = await fresh.open();
      expect(await query(late.postgresUrl, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    }
    expect(lines).to.deep.equal([`waiting for process ${process.pid}, which works on these stores too`]);
    expect(await query(guest.postgresUrl, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    await guest[Symbol.asyncDispose]();
    await ending;
    expect(existsSync(fresh.addressFile)).to.equal(false);
  });

  it('starts anew when the holder was killed, whatever address and guests it left', async () => {
    using fresh = setup();
    const owner = await startStackOwner(fresh.directory, true);
    await query(owner.address.postgresUrl, 'create table notes as select 7 as n; checkpoint');
    owner.process.kill('SIGKILL');
    await once(owner.process, 'exit');
    expect(existsSync(fresh.addressFile)).to.equal(true);
    writeFileSync(join(fresh.directory, 'stack-1', 'guest-00000000'), '{"pid":0}');
    await using stack = await fresh.open();
    expect(await query(stack.postgresUrl, 'select n from notes')).to.deep.equal([{ n: 7 }]);
  });

  it('gives up when it is told to while it waits for another', async () => {
    using fresh = setup();
    const owner = await startStackOwner(fresh.directory, true);
    writeFileSync(fresh.addressFile, '{"holder":0}');
    const stop = new AbortController();
    const opening = openKeptStack({ directory: fresh.directory, signal: stop.signal });
    stop.abort(new Error('told to'));
    expect(await opening.catch((error: Error) => error.message)).to.equal('told to');
    owner.process.kill('SIGKILL');
    await waitForEnd(owner.postgres, 5_000);
  });
});

describe('keepDatabase', () => {
  it('fills a database once, also when several ask for it at once', async () => {
    using fresh = setup();
    await using stack = await fresh.open();
    let fills = 0;
    const keep = () =>
      keepDatabase(stack, 'kept', async (url) => {
        fills += 1;
        await query(url, 'create table notes as select 7 as n');
      });
    const urls = await Promise.all([keep(), keep(), keep()]);
    expect(fills).to.equal(1);
    expect(new Set(urls).size).to.equal(1);
    expect(await query(urls[0]!, 'select n from notes')).to.deep.equal([{ n: 7 }]);
  });

  it('leaves none behind when it was cut short, and begins with an empty one the next time', async () => {
    using fresh = setup();
    await using stack = await fresh.open();
    const cut = keepDatabase(stack, 'kept', async (url) => {
      await query(url, 'create table half as select 1 as n');
      throw new Error('cut short');
    });
    expect(await cut.catch((error: Error) => error.message)).to.equal('cut short');
    const databases = `select datname from pg_database where datname = 'kept'`;
    expect(await query(stack.postgresUrl, databases)).to.deep.equal([]);
    const url = await keepDatabase(stack, 'kept', async () => {});
    expect(await query(url, `select to_regclass('half') as half`)).to.deep.equal([{ half: null }]);
  });
});
