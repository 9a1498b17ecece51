import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { ClientConfig } from 'pg';
import { makeScratch } from '../../harness/stack/testing/scratch.ts';
import { makeCertificate } from '../../harness/testing/self-signed.ts';
import { systemClock } from '../clock.ts';
import { type Effect, Effects } from '../effects.ts';
import { PostgresLedger } from '../ledger/postgres.ts';
import { classifyError } from '../pace/classify.ts';
import { seededRandom } from '../random.ts';
import { readAll } from '../testing/postgres-world.ts';
import { openTlsPostgres, type TlsPostgres } from '../testing/tls-postgres.ts';
import { PostgresPort } from './postgres.ts';
import { openAccess } from './postgres-access.ts';
import { type IamLogin, signTokens } from './postgres-iam.ts';

const certificate = makeCertificate({ hosts: ['localhost'] });
const iam = { region: 'eu-central-1' };

let server: TlsPostgres;

function portOf(access: ClientConfig, effects = new Effects()): PostgresPort {
  return new PostgresPort({
    access,
    effects,
    clock: systemClock,
    random: seededRandom(1),
    dryRun: false,
    signal: new AbortController().signal,
    applicationName: 'stint test',
    concurrency: 2,
  });
}

/** Makes tokens; the server takes the one that is told to be next, and no other. */
function tokensOfServer() {
  const logins: IamLogin[] = [];
  let made = 0;
  return {
    logins,
    made: () => made,
    next: () => server.sql(`alter role worker password 'token-${made + 1}'`),
    tokensFor(login: IamLogin) {
      logins.push(login);
      return async () => `token-${++made}`;
    },
  };
}

const config = () => ({
  connectionString: server.url({ host: 'localhost', user: 'worker' }),
  ca: certificate.cert,
  iam,
});

async function rejection(promise: Promise<unknown>): Promise<Error & { code: string }> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: Error & { code: string }) => error,
  );
}

describe('ports/postgres-iam', () => {
  before(async () => {
    server = await openTlsPostgres(certificate);
    await server.sql(`create role worker login superuser`);
    await using ledger = new PostgresLedger({ access: { connectionString: server.url() } });
    await ledger.runs();
  });
  after(() => server[Symbol.asyncDispose]());

  it('logs each connection in with a token of its own: of the pool, of each portal, of the ledger', async () => {
    const tokens = tokensOfServer();
    const access = await openAccess(config(), tokens);
    const { port } = new URL(server.url());
    expect(tokens.logins).to.deep.equal([{ host: 'localhost', port: Number(port), user: 'worker', ...iam }]);
    expect(tokens.made(), 'none before a connection').to.equal(0);
    await using postgres = portOf(access);
    await tokens.next();
    await postgres.query('select 1');
    await postgres.query('select 1');
    expect(tokens.made(), 'one connection').to.equal(1);
    const source = postgres.rows<{ id: number }>({ sql: 'select id from generate_series(1, 3) id', key: ['id'] });
    for (const made of [2, 3]) {
      await tokens.next();
      expect((await readAll(source)).items).to.have.length(3);
      expect(tokens.made(), 'a portal').to.equal(made);
    }
    await using ledger = new PostgresLedger({ access });
    await tokens.next();
    await ledger.runs();
    expect(tokens.made(), 'the ledger').to.equal(4);
  });

  it('makes tokens within the effect that connects', async () => {
    const running: string[] = [];
    const during: string[][] = [];
    const watch = async <TResult>({ operation }: Effect, next: () => Promise<TResult>) => {
      running.push(operation);
      return next().finally(() => running.splice(running.indexOf(operation), 1));
    };
    const tokens = tokensOfServer();
    await tokens.next();
    const tokensFor = () => async () => {
      during.push([...running]);
      return 'token-1';
    };
    await using port = portOf(await openAccess(config(), { tokensFor }), new Effects([watch]));
    await port.query('select 1');
    expect(during).to.deep.equal([['select']]);
  });

  it('tells of a token that is refused, what to look at, and no token', async () => {
    const access = await openAccess(config(), { tokensFor: () => async () => 'a-bad-token' });
    await using port = portOf(access);
    await using ledger = new PostgresLedger({ access });
    for (const error of [await rejection(port.query('select 1')), await rejection(ledger.runs())]) {
      expect(error.code).to.equal('STINT_STORE_REFUSED');
      expect(error.message)
        .to.match(/turned us away \(token of IAM refused\); let the role of the task do rds-db:connect/)
        .and.not.include('a-bad-token');
      expect(classifyError(error).class).to.equal('permanent');
    }
  });

  describe('with the signer of the AWS SDK', () => {
    const nowhere = {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
    const set = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'hunter2', AWS_SESSION_TOKEN: 'session' };
    const kept = { ...process.env };
    const forget = () => {
      for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    };
    beforeEach(() => {
      forget();
      Object.assign(process.env, nowhere);
    });
    afterEach(() => {
      forget();
      Object.assign(process.env, kept);
    });

    it('signs a token for host, port, user and region', async () => {
      Object.assign(process.env, set);
      const login = { host: 'db.abc.eu-central-1.rds.amazonaws.com', port: 6_543, user: 'worker', ...iam };
      const token = new URL(`https://${await signTokens(login)()}`);
      expect(token.host).to.equal(`${login.host}:6543`);
      expect(Object.fromEntries(token.searchParams)).to.include({
        Action: 'connect',
        DBUser: 'worker',
        'X-Amz-Expires': '900',
        'X-Amz-Security-Token': 'session',
      });
      expect(token.searchParams.get('X-Amz-Credential')).to.match(
        /^AKIDEXAMPLE\/\d{8}\/eu-central-1\/rds-db\/aws4_request$/,
      );
      expect(token.href).to.not.include('hunter2');
    });

    it('sends it to the server', async () => {
      Object.assign(process.env, set);
      await using port = portOf(await openAccess(config()));
      expect((await rejection(port.query('select 1'))).message).to.include('token of IAM refused');
    });

    it('tells that there are no credentials, and leaves no connection open', async () => {
      const sockets: Socket[] = [];
      const stream = () => {
        const socket = new Socket();
        sockets.push(socket);
        return socket;
      };
      const access = { ...(await openAccess(config())), stream };
      await using port = portOf(access);
      const error = await rejection(port.query('select 1'));
      expect(error.code).to.equal('STINT_IAM_TOKEN');
      expect(error.message).to.match(
        /^expected credentials of AWS to sign a token for PostgreSQL at localhost:\d+ with, got none \(CredentialsProviderError\); give the task a role/,
      );
      expect(classifyError(error).class).to.equal('permanent');
      const socket = sockets.at(-1);
      if (!socket!.closed) await new Promise((resolve) => socket!.once('close', resolve));
    });

    it('calls an AWS that is out of order worth another try', async () => {
      using scratch = makeScratch();
      await using sts = await startBrokenAws();
      Object.assign(process.env, {
        AWS_WEB_IDENTITY_TOKEN_FILE: join(scratch.path, 'token'),
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/worker',
        AWS_ENDPOINT_URL_STS: sts.url,
        AWS_REGION: 'eu-central-1',
        AWS_MAX_ATTEMPTS: '1',
      });
      writeFileSync(join(scratch.path, 'token'), 'a token');
      const error = await rejection(signTokens({ host: 'db', port: 5_432, user: 'worker', ...iam })());
      expect(error.code).to.equal('STINT_STORE_UNREACHABLE');
      expect(classifyError(error).class).to.equal('transient');
    });
  });
});

async function startBrokenAws() {
  const http = createServer((_request, response) => void response.writeHead(503).end());
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}
