/** A PostgreSQL server of a test's own, which can crash and come back: at one address, with all that was committed. */
import { join } from 'node:path';
import { findServerAccount } from '../../stack/account.ts';
import { findPostgresBinaries } from '../../stack/postgres-binaries.ts';
import { makeCluster } from '../../stack/postgres-cluster.ts';
import { type PostgresServer, startPostgres } from '../../stack/postgres-server.ts';
import { query } from '../../stack/testing/query.ts';
import { makeScratch } from '../../stack/testing/scratch.ts';
import { OutageProxy } from './outage-proxy.ts';

export interface OwnPostgres extends AsyncDisposable {
  readonly url: string;
  /** Ends the server at once, as a crash does: what was committed has to be recovered from its log. */
  crash(): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
}

export async function openOwnPostgres(): Promise<OwnPostgres> {
  await using opened = new AsyncDisposableStack();
  const scratch = opened.use(makeScratch());
  const stop = new AbortController();
  const account = findServerAccount();
  const binaries = await findPostgresBinaries();
  const place = { binaries, account, baseDirectory: scratch.path, slotDirectory: scratch.path, signal: stop.signal };
  const cluster = await makeCluster(join(scratch.path, 'postgres'), place);
  const options = {
    ...{ postgres: binaries.postgres, account, cluster, signal: stop.signal },
    ...{ logFile: join(scratch.path, 'log'), onStatus: () => {} },
  };
  let server: PostgresServer | undefined = await startPostgres(options);
  opened.defer(() => server?.[Symbol.asyncDispose]());
  // The embedded server acknowledges commits before they are written; of this database none may be lost by a crash.
  await query(server.url, 'create database invoices');
  await query(server.url, 'alter database invoices set synchronous_commit = on');
  const urlOf = ({ url }: PostgresServer) => {
    const place = new URL(url);
    place.pathname = '/invoices';
    return place.href;
  };
  const proxy = opened.use(await OutageProxy.start(urlOf(server)));
  const all = opened.move();
  return {
    url: proxy.url,
    async crash() {
      if (server === undefined) throw new Error('expected the server to run');
      process.kill(server.identity.pid, 'SIGQUIT');
      await server[Symbol.asyncDispose]();
      server = undefined;
    },
    async start() {
      server = await startPostgres(options);
      proxy.leadTo(urlOf(server));
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
