import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { findServerAccount } from './account.ts';
import { startEmbeddedStack } from './embedded-stack.ts';
import { endOrphan } from './orphan-postgres.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { isRunning, waitForEnd } from './process-identity.ts';
import type { Stack } from './stack.ts';
import { startOnCluster } from './start-on-cluster.ts';
import { startStackOwner } from './testing/processes.ts';
import { query } from './testing/query.ts';
import { makeScratch } from './testing/scratch.ts';

function setup() {
  const scratch = makeScratch();
  const lines: string[] = [];
  return {
    directory: scratch.path,
    kept: join(scratch.path, 'stack-1', 'postgres'),
    lines,
    startKept: (): Promise<Stack> =>
      startEmbeddedStack({ directory: scratch.path, keep: true, onStatus: (line) => lines.push(line) }),
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

const never = new AbortController().signal;

describe('recovery of the embedded stack', () => {
  it('ends the servers within seconds when their owner gets SIGKILL', async () => {
    using fresh = setup();
    const owner = await startStackOwner(fresh.directory);
    owner.process.kill('SIGKILL');
    await once(owner.process, 'exit');
    expect(await waitForEnd(owner.postgres, 5_000)).to.equal(true);
    expect(await waitForEnd(owner.dynalite, 5_000)).to.equal(true);
  });

  it('ends an orphaned PostgreSQL and keeps its data when owner and watchman got SIGKILL', async () => {
    using fresh = setup();
    const owner = await startStackOwner(fresh.directory, true);
    await query(owner.address.postgresUrl, 'create table notes as select generate_series(1, 1000) as n');
    process.kill(owner.dynalite.pid, 'SIGKILL');
    owner.process.kill('SIGKILL');
    await once(owner.process, 'exit');
    expect(isRunning(owner.postgres)).to.equal(true);

    await using stack = await fresh.startKept();
    expect(isRunning(owner.postgres)).to.equal(false);
    expect(fresh.lines).to.deep.equal([
      `ended PostgreSQL (process ${owner.postgres.pid}), left running by a stack that was killed`,
    ]);
    expect(await query(stack.postgresUrl, 'select count(*)::int from notes')).to.deep.equal([{ count: 1000 }]);
  });

  it('recovers the data when PostgreSQL itself got SIGKILL too', async () => {
    using fresh = setup();
    const owner = await startStackOwner(fresh.directory, true);
    await query(owner.address.postgresUrl, 'create table notes as select generate_series(1, 1000) as n');
    // Commits are asynchronous: without this the last half second may be lost.
    await query(owner.address.postgresUrl, 'checkpoint');
    for (const { pid } of [owner.dynalite, owner.postgres]) process.kill(pid, 'SIGKILL');
    owner.process.kill('SIGKILL');
    await once(owner.process, 'exit');

    await using stack = await fresh.startKept();
    expect(await query(stack.postgresUrl, 'select count(*)::int from notes')).to.deep.equal([{ count: 1000 }]);
  });

  it('leaves the process alone that a stale postmaster.pid points at', async () => {
    using fresh = setup();
    await (await fresh.startKept())[Symbol.asyncDispose]();
    writeFileSync(join(fresh.kept, 'postmaster.pid'), `${process.pid}\n${fresh.kept}\n1\n5432\n\n127.0.0.1\n`);
    expect(await endOrphan(fresh.kept, never)).to.equal(undefined);
    await using stack = await fresh.startKept();
    expect(stack.kind).to.equal('embedded');
  });

  it('drops forks that a killed process left in kept data', async () => {
    using fresh = setup();
    const owner = await startStackOwner(fresh.directory, true);
    await query(owner.address.postgresUrl, 'create database fork_left_0123456789ab');
    owner.process.kill('SIGKILL');
    await once(owner.process, 'exit');
    await using stack = await fresh.startKept();
    expect(await query(stack.postgresUrl, `select from pg_database where datname like 'fork%'`)).to.deep.equal([]);
  });

  const damages: Record<string, { damage: (folder: string) => void; line: RegExp }> = {
    'an initdb that was cut short': { damage: (folder) => rmSync(join(folder, 'stint.json')), line: /is not complete/ },
    'another major version': {
      damage: (folder) => writeFileSync(join(folder, 'PG_VERSION'), '17\n'),
      line: /is of PostgreSQL 17, not 18/,
    },
    'a lost control file': { damage: (folder) => rmSync(join(folder, 'global', 'pg_control')), line: /does not start/ },
    'a garbled control file': {
      damage: (folder) => writeFileSync(join(folder, 'global', 'pg_control'), Buffer.alloc(8192, 0x5a)),
      line: /does not start/,
    },
    'an empty folder': {
      damage: (folder) => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
      },
      line: /is not complete/,
    },
  };
  for (const [name, { damage, line }] of Object.entries(damages)) {
    it(`sets kept data aside and makes it anew after ${name}`, async () => {
      using fresh = setup();
      await (await fresh.startKept())[Symbol.asyncDispose]();
      damage(fresh.kept);
      await using stack = await fresh.startKept();
      expect(await query(stack.postgresUrl, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
      expect(fresh.lines.at(-1)).to.match(line).and.include('set aside in');
    });
  }

  it('makes the image anew when it is damaged', async () => {
    using fresh = setup();
    await (await fresh.startKept())[Symbol.asyncDispose]();
    rmSync(join(fresh.directory, 'image-18', 'global', 'pg_control'));
    const lines: string[] = [];
    await using stack = await startEmbeddedStack({ directory: fresh.directory, onStatus: (line) => lines.push(line) });
    expect(await query(stack.postgresUrl, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    expect(lines).to.deep.equal(['PostgreSQL did not start on a copy of the image; making the image anew']);
  });

  it('puts kept data back when a new folder does not start either', async () => {
    using fresh = setup();
    await (await fresh.startKept())[Symbol.asyncDispose]();
    const slotDirectory = join(fresh.directory, 'stack-1');
    const starting = startOnCluster({
      binaries: { ...(await findPostgresBinaries()), postgres: '/bin/false' },
      account: findServerAccount(),
      ...{ baseDirectory: fresh.directory, slotDirectory, directory: fresh.kept, logFile: join(slotDirectory, 'log') },
      ...{ signal: never, onStatus: (line: string) => void fresh.lines.push(line) },
    });
    expect(await starting.catch((error: unknown) => error)).to.include({ code: 'STINT_STACK_START' });
    expect(fresh.lines.some((line) => line.includes('set aside'))).to.equal(true);
    expect(existsSync(join(fresh.kept, 'stint.json'))).to.equal(true);
    expect(existsSync(`${fresh.kept}-set-aside`)).to.equal(false);
  });
});
