import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runProgram } from '../testing/program.ts';
import { testStack } from '../testing/test-stack.ts';
import { findImages } from './container-images.ts';
import { openExternalStack } from './external-stack.ts';
import type { StackError } from './stack-error.ts';
import { startStack } from './start-stack.ts';
import { query } from './testing/query.ts';

// Nothing answers there.
const nobody = 'tcp://127.0.0.1:9';
const run = (stack: string, env = {}) =>
  runProgram('harness/cli/main.ts', ['run', 'publish-cities', '--fixture', 'happy', '--stack', stack], { env });

const refusalOf = (promise: Promise<unknown>): Promise<StackError> =>
  promise.then(
    () => {
      throw new Error('expected a StackError, got success');
    },
    (error) => error,
  );

describe('startStack', () => {
  it('says in one line what to do when no Docker engine answers', async () => {
    const { code, stderr } = await run('containers', { DOCKER_HOST: nobody });
    expect(code).to.equal(1);
    expect(stderr.trimEnd().split('\n').at(-1)).to.equal(
      'stint: expected a Docker engine that answers, got none; start Docker (or set DOCKER_HOST), or use the embedded stack',
    );
  });

  it('takes the embedded stack of itself when no engine answers, and says why', async () => {
    const { code, stderr } = await run('auto', { DOCKER_HOST: nobody });
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include('"msg":"embedded stack: no Docker engine answers"');
  });

  it('reads the pinned images, and others from the environment', async () => {
    const { postgres, localstack } = await findImages({ STINT_POSTGRES_IMAGE: '' });
    expect(postgres).to.match(/^postgres:18\.\d+$/);
    expect(localstack).to.equal('localstack/localstack:4.14.0');
    const others = await findImages({
      STINT_POSTGRES_IMAGE: 'stint/postgres',
      STINT_LOCALSTACK_IMAGE: 'stint/localstack',
    });
    expect(others).to.deep.equal({ postgres: 'stint/postgres', localstack: 'stint/localstack' });
  });
});

describe('the external stack', () => {
  const environment = () => {
    const { postgresUrl, dynamodb } = testStack();
    return {
      DATABASE_URL: postgresUrl,
      AWS_ENDPOINT_URL: dynamodb.endpoint,
      AWS_REGION: dynamodb.region,
      AWS_ACCESS_KEY_ID: dynamodb.accessKeyId,
      AWS_SECRET_ACCESS_KEY: dynamodb.secretAccessKey,
    };
  };

  it('forks servers that the environment names, and drops what it forked', async () => {
    const { postgresUrl } = testStack();
    const stack = await startStack({ kind: 'external', directory: 'unused', environment: environment() });
    const { database } = await stack.fork({ name: 'external' });
    const find = () => query(postgresUrl, `select from pg_database where datname = '${database}'`);
    expect(await find()).to.have.length(1);
    await stack[Symbol.asyncDispose]();
    expect(await find()).to.have.length(0);
  });

  it('says what is missing in the environment, and never what it holds', async () => {
    const without = await refusalOf(openExternalStack({ ...environment(), AWS_ENDPOINT_URL: undefined }));
    expect(without).to.include({ code: 'STINT_STACK_EXTERNAL' });
    expect(without.message).to.include('AWS_ENDPOINT_URL, got nothing');
    const wrong = await refusalOf(openExternalStack({ ...environment(), DATABASE_URL: 'sesame' }));
    expect(wrong.message).to.include('DATABASE_URL').and.to.not.include('sesame');
  });

  it('refuses a role that may create no databases, and a server that does not answer', async () => {
    const { postgresUrl } = testStack();
    await query(postgresUrl, `drop role if exists modest; create role modest login password 'modest'`);
    const modest = new URL(postgresUrl);
    modest.username = modest.password = 'modest';
    const refused = await refusalOf(openExternalStack({ ...environment(), DATABASE_URL: modest.href }));
    expect(refused.message).to.include('a role that may create databases, got one that may not');
    await query(postgresUrl, 'drop role modest');
    const gone = { ...environment(), DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' };
    expect((await refusalOf(openExternalStack(gone))).code).to.equal('STINT_STACK_UNREACHABLE');
    const without = { ...environment(), AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    expect((await refusalOf(openExternalStack(without))).code).to.equal('STINT_STACK_UNREACHABLE');
  });
});

describe('a suite whose test fails', () => {
  it('leaves no database behind', async () => {
    const { postgresUrl, dynamodb } = testStack();
    const env = {
      STINT_TEST_STACK_KIND: 'external',
      DATABASE_URL: postgresUrl,
      AWS_ENDPOINT_URL: dynamodb.endpoint,
      AWS_REGION: dynamodb.region,
      AWS_ACCESS_KEY_ID: dynamodb.accessKeyId,
      AWS_SECRET_ACCESS_KEY: dynamodb.secretAccessKey,
    };
    const { code, stdout, stderr } = await runProgram(
      'node_modules/mocha/bin/mocha.js',
      ['harness/stack/testing/failing-suite.ts'],
      { env },
    );
    expect(stdout, stderr).to.include('1 failing').and.to.include('fails on purpose');
    expect(code).to.equal(1);
    const [, database = ''] = /on (fork_\w+)/.exec(stdout) ?? [];
    expect(database).to.match(/^fork_publish_cities_[0-9a-f]{12}$/);
    expect(await query(postgresUrl, `select from pg_database where datname = '${database}'`)).to.have.length(0);
  });
});
