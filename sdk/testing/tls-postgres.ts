/** For tests only: a PostgreSQL of its own that speaks TLS and shows the certificate that it is given. */
import { appendFileSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../harness/repository.ts';
import { findServerAccount } from '../../harness/stack/account.ts';
import { openBaseDirectory } from '../../harness/stack/base-directory.ts';
import { findPostgresBinaries } from '../../harness/stack/postgres-binaries.ts';
import { makeCluster } from '../../harness/stack/postgres-cluster.ts';
import { startPostgres } from '../../harness/stack/postgres-server.ts';
import { reachableBinaries } from '../../harness/stack/reachable-binaries.ts';
import { connect } from '../../harness/stack/testing/connect.ts';
import { makeScratch } from '../../harness/stack/testing/scratch.ts';
import type { SelfSigned } from '../../harness/testing/self-signed.ts';

export interface TlsPostgres extends AsyncDisposable {
  /** Its address under another name, or for another user. */
  url(change?: { readonly host?: string; readonly user?: string; readonly query?: string }): string;
  /** Runs SQL on a connection of its own, without TLS. */
  sql<TRow = Record<string, unknown>>(text: string): Promise<readonly TRow[]>;
}

/** The role `tls_only` may log in by TLS alone. */
export async function openTlsPostgres({ key, cert }: SelfSigned, { ssl = true } = {}): Promise<TlsPostgres> {
  await using opened = new AsyncDisposableStack();
  const scratch = opened.use(makeScratch());
  const { signal } = new AbortController();
  const silent = () => {};
  const account = findServerAccount();
  // Where the suite's own stack has its image: initdb takes longer than all the rest.
  const baseDirectory = openBaseDirectory(join(repositoryRoot, '.stint'), account, silent);
  const binaries = reachableBinaries(await findPostgresBinaries(), account, baseDirectory, silent);
  const place = { binaries, account, baseDirectory, slotDirectory: scratch.path, signal };
  const cluster = await makeCluster(join(scratch.path, 'postgres'), place);
  const file = (name: string) => join(cluster.directory, name);
  for (const [name, text] of [
    ['server.crt', cert],
    ['server.key', key],
  ] as const) {
    writeFileSync(file(name), text, { mode: 0o600 });
    if (account !== undefined) chownSync(file(name), account.uid, account.gid);
  }
  appendFileSync(file('postgresql.conf'), `\nssl = ${ssl ? 'on' : 'off'}\n`);
  const rules = readFileSync(file('pg_hba.conf'), 'utf8');
  writeFileSync(file('pg_hba.conf'), `hostnossl all tls_only all reject\n${rules}`);
  const logFile = join(scratch.path, 'log');
  const options = { postgres: binaries.postgres, account, cluster, logFile, signal, onStatus: silent };
  const server = opened.use(await startPostgres(options));
  const own = await connect(server.url);
  opened.defer(() => own.end());
  await own.query(`create role tls_only login password 'secret'`);
  const all = opened.move();
  return {
    url({ host = '127.0.0.1', user = '', query = '' } = {}) {
      const url = new URL(server.url);
      url.hostname = host;
      if (user !== '') [url.username = '', url.password = ''] = user.split(':');
      url.search = query;
      return url.href;
    },
    sql: async (text) => (await own.query(text)).rows,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
