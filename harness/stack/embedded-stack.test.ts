import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startEmbeddedStack } from './embedded-stack.ts';
import { waitForEnd } from './process-identity.ts';
import { StackError } from './stack-error.ts';
import { childrenOf, startStackOwner } from './testing/processes.ts';
import { query } from './testing/query.ts';
import { makeScratch } from './testing/scratch.ts';
import { openTables } from './testing/tables.ts';

describe('startEmbeddedStack', () => {
  it('serves PostgreSQL 18 as superuser, in UTC and UTF8, and DynamoDB', async () => {
    using scratch = makeScratch();
    await using stack = await startEmbeddedStack({ directory: scratch.path });
    using tables = openTables(stack.dynamodb);
    await tables.create('payments');

    const [row] = await query(
      stack.postgresUrl,
      `select current_setting('server_version_num')::int / 10000 as major, current_setting('is_superuser') as super,
        current_setting('timezone') as zone, current_setting('server_encoding') as encoding, upper('é') as upper`,
    );
    expect(row).to.deep.equal({ major: 18, super: 'on', zone: 'UTC', encoding: 'UTF8', upper: 'É' });
    expect(await tables.names()).to.deep.equal(['payments']);
  });

  it('leaves no process, no data and no lock when disposed, twice', async () => {
    using scratch = makeScratch();
    const [before, exitListeners] = [ownChildren(), process.listenerCount('exit')];
    const stack = await startEmbeddedStack({ directory: scratch.path });
    expect(ownChildren()).to.have.length(before.length + 2);
    await stack[Symbol.asyncDispose]();
    await stack[Symbol.asyncDispose]();

    expect(ownChildren()).to.deep.equal(before);
    expect(readdirSync(join(scratch.path, 'stack-2')).sort()).to.deep.equal(['dynamodb.log', 'postgres.log']);
    expect(process.listenerCount('exit')).to.equal(exitListeners);
  });

  it('runs several stacks side by side, the first of them racing to make the image', async () => {
    using scratch = makeScratch();
    const start = () => startEmbeddedStack({ directory: scratch.path });
    const stacks = await Promise.all([start(), start(), start()]);
    await Promise.all(stacks.map((stack, number) => query(stack.postgresUrl, `create table only_${number} ()`)));
    const seen = await Promise.all(
      stacks.map((stack) => query(stack.postgresUrl, `select relname from pg_class where relname like 'only%'`)),
    );
    await Promise.all(stacks.map((stack) => stack[Symbol.asyncDispose]()));
    expect(seen).to.deep.equal([[{ relname: 'only_0' }], [{ relname: 'only_1' }], [{ relname: 'only_2' }]]);
  });

  it('keeps the data of both stores with keep, untouched by a stack without', async () => {
    using scratch = makeScratch();
    const start = (keep: boolean) => startEmbeddedStack({ directory: scratch.path, keep });
    {
      await using kept = await start(true);
      using tables = openTables(kept.dynamodb);
      await query(kept.postgresUrl, 'create table notes as select 7 as n');
      await tables.create('notes');
      await tables.put('notes', ['a', 'b']);
    }
    {
      await using other = await start(false);
      expect(await query(other.postgresUrl, `select to_regclass('notes') as notes`)).to.deep.equal([{ notes: null }]);
    }
    await using again = await start(true);
    using tables = openTables(again.dynamodb);
    expect(await query(again.postgresUrl, 'select n from notes')).to.deep.equal([{ n: 7 }]);
    expect(await tables.count('notes')).to.equal(2);
  });

  it('refuses a second stack with keep, and names the holder', async () => {
    using scratch = makeScratch();
    await using _kept = await startEmbeddedStack({ directory: scratch.path, keep: true });
    const error = await failure(startEmbeddedStack({ directory: scratch.path, keep: true }));
    expect(error).to.include({ code: 'STINT_STACK_BUSY' });
    expect(error.message).to.include(`process ${process.pid}`);
  });

  it('leaves nothing when aborted, at whatever moment', async () => {
    using scratch = makeScratch();
    const before = ownChildren();
    for (const afterMs of [0, 5, 20, 60, 120, 250, 400]) {
      const stop = new AbortController();
      const reason = new Error(`aborted after ${afterMs} ms`);
      const starting = startEmbeddedStack({ directory: scratch.path, signal: stop.signal });
      const timer = setTimeout(() => stop.abort(reason), afterMs);
      const outcome = await starting.then(
        (stack) => stack[Symbol.asyncDispose](),
        (error: unknown) => error,
      );
      clearTimeout(timer);
      if (outcome !== undefined) expect(outcome).to.equal(reason);
      expect(ownChildren(), String(afterMs)).to.deep.equal(before);
      expect(existsSync(join(scratch.path, 'stack-2', 'lock'))).to.equal(false);
    }
  });

  for (const way of ['exit', 'throw']) {
    it(`takes the servers along when the process ends by ${way} without dispose`, async () => {
      using scratch = makeScratch();
      const owner = await startStackOwner(scratch.path);
      owner.process.send(way);
      await once(owner.process, 'exit');
      expect(await waitForEnd(owner.postgres, 5_000)).to.equal(true);
      expect(await waitForEnd(owner.dynalite, 5_000)).to.equal(true);
    });
  }

  it('tells of a directory that cannot be made', async () => {
    using scratch = makeScratch();
    const file = join(scratch.path, 'file');
    writeFileSync(file, '');
    const error = await failure(startEmbeddedStack({ directory: join(file, '.stint') }));
    expect(error).to.include({ code: 'STINT_STACK_DIRECTORY' });
    expect(error.message).to.match(
      /^expected a directory that can be written .* got ENOTDIR .* name another directory$/,
    );
  });

  it('tells of a full disk, and leaves nothing running', async function () {
    using scratch = makeScratch();
    const small = join(scratch.path, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=755', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      return this.skip();
    }
    try {
      const before = ownChildren();
      const error = await failure(startEmbeddedStack({ directory: small }));
      expect(error).to.include({ code: 'STINT_STACK_DISK_FULL' });
      expect(ownChildren()).to.deep.equal(before);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

async function failure(promise: Promise<AsyncDisposable>): Promise<StackError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof StackError) return outcome;
  throw new Error(`expected a StackError, got ${String(outcome)}`, { cause: outcome });
}

/** A stack for the whole test run may be up too, so that only what changes counts. */
function ownChildren(): string[] {
  return [...childrenOf(process.pid)].map(([pid, command]) => `${pid} ${command}`).sort();
}
