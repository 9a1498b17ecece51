/** A database with the canary in its rows, a service that says back whatever it hears, and programs that run the canary on both. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { startFakeAgent } from '../../harness/sinks/fake-agent.ts';
import { type Program, runProgram, startProgram } from '../../harness/testing/program.ts';
import { testStack } from '../../harness/testing/test-stack.ts';
import { makeToken } from '../admin/access/tokens.ts';
import { canaryIds, shapes } from './canary-job.ts';

/** Fit for a header; each way to write it down writes something else. */
export const canary = 'c4nary-"Q+/%&=?k<9>z';
const proxyPassword = 'proxy-passw0rd';
const webhookPath = 'T0WEBHOOK/B0PATH';

const registry = `--import ${new URL('canary-registry.ts', import.meta.url).href}`;

export async function openCanaryWorld() {
  await using opened = new AsyncDisposableStack();
  const fork = opened.use(await testStack().fork({ name: 'canary' }));
  const client = new pg.Client({ connectionString: fork.postgresUrl });
  await client.connect();
  opened.defer(() => client.end());
  await client.query('create table canaries (id text primary key, note text not null)');
  await client.query('insert into canaries select unnest($1::text[]), $2', [canaryIds, canary]);
  const server = createServer(async (incoming, outgoing) => {
    const said = JSON.stringify({ url: incoming.url, headers: incoming.headers, body: await text(incoming), canary });
    if (incoming.url?.startsWith('/reset')) return void incoming.socket.destroy();
    const headers = { 'content-type': 'application/json', 'x-note': canary, 'set-cookie': `session=${canary}` };
    outgoing.writeHead(incoming.url?.startsWith('/ok') ? 200 : 500, headers).end(said);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => void server.close().closeAllConnections());

  const agent = opened.use(await startFakeAgent({}));
  /** What came to Slack. */
  const posted: string[] = [];
  const slack = createServer(async (incoming, outgoing) => {
    posted.push(await text(incoming));
    outgoing.end('ok');
  }).listen(0, '127.0.0.1');
  await once(slack, 'listening');
  opened.defer(() => void slack.close().closeAllConnections());

  const { token, entry } = makeToken('qa', 'admin');
  const environment = {
    DATABASE_URL: fork.postgresUrl,
    STINT_LEDGER: 'postgres',
    CANARY_KEY: canary,
    CANARY_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    // Port 9: nobody is there.
    CANARY_PROXY_URL: `http://bob:${proxyPassword}@127.0.0.1:9`,
    STINT_ADMIN_TOKENS: JSON.stringify([entry]),
    STINT_ADMIN_SESSION_SECRET: 'session-secret-0123456789abcdef-0123456789',
    HOST: '127.0.0.1',
    PORT: '0',
    NODE_OPTIONS: registry,
    ...agent.environment,
    STINT_SLACK_WEBHOOK_URL: `http://127.0.0.1:${(slack.address() as AddressInfo).port}/services/${webhookPath}`,
  };
  const databasePassword = new URL(fork.postgresUrl).password;
  const all = opened.move();
  return {
    environment,
    token,
    agent,
    posted,
    stores: { postgres: { connectionString: fork.postgresUrl } },
    /** By what it is; none of it may be in any output. */
    secrets: {
      canary,
      'a piece of the canary': canary.slice(0, 6),
      token,
      proxyPassword,
      shape: shapes.password,
      databasePassword,
      sessionSecret: environment.STINT_ADMIN_SESSION_SECRET,
      github: 'ghp_0123456789abcdefghijklm',
      slack: 'xoxb-123456789012-shape',
      webhookPath,
    },
    run: (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      runProgram(file, args, { env: { ...environment, ...env } }),
    start: (file: string, args: readonly string[] = []): Program => startProgram(file, args, { env: environment }),
    /** Each table of the ledger, as text. */
    async ledger(): Promise<Readonly<Record<string, string>>> {
      const { rows: tables } = await client.query<{ name: string }>(
        `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'stint'`,
      );
      const texts: Record<string, string> = {};
      for (const { name } of tables) {
        const { rows } = await client.query<{ text: string }>(
          `select coalesce(string_agg(to_jsonb(t)::text, E'\\n'), '') as text from ${name} t`,
        );
        texts[name] = rows[0]?.text ?? '';
      }
      return texts;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
