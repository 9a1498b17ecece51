import { once } from 'node:events';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { attachStack, describeStack } from './attach-stack.ts';
import { startEmbeddedStack } from './embedded-stack.ts';
import type { Stack } from './stack.ts';
import { prepareTemplate } from './template.ts';
import { query } from './testing/query.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';
import { openTables } from './testing/tables.ts';

describe('forks of a stack', () => {
  let scratch: Scratch;
  let stack: Stack;
  before(async () => {
    scratch = makeScratch();
    stack = await startEmbeddedStack({ directory: scratch.path });
  });
  after(async () => {
    await stack[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });
  const databases = async (): Promise<string[]> => {
    const rows = await query<{ datname: string }>(
      stack.postgresUrl,
      `select datname from pg_database where datname ~ '^fork_'`,
    );
    return rows.map(({ datname }) => datname);
  };

  it('gives each fork a database and a table prefix of its own, and drops both on dispose', async () => {
    const one = await stack.fork({ name: 'Poll payments!' });
    const two = await stack.fork();
    using tables = openTables(stack.dynamodb);
    await Promise.all([tables.create(`${one.tablePrefix}items`), tables.create(`${two.tablePrefix}items`)]);
    await query(one.postgresUrl, 'create table mine ()');
    expect(one.database).to.match(/^fork_poll_payments__[0-9a-f]{12}$/);
    expect(await query(two.postgresUrl, `select to_regclass('mine') as mine`)).to.deep.equal([{ mine: null }]);

    await one[Symbol.asyncDispose]();
    expect(await databases()).to.deep.equal([two.database]);
    expect(await tables.names()).to.deep.equal([`${two.tablePrefix}items`]);
    await two[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    expect(await databases()).to.deep.equal([]);
  });

  it('copies a template that racing callers prepare once', async () => {
    let prepared = 0;
    const prepare = async (url: string): Promise<void> => {
      prepared += 1;
      await query(url, 'create table seeds as select 42 as n');
    };
    await Promise.all([1, 2, 3].map(() => prepareTemplate(stack, 'seeded', prepare)));
    await using fork = await stack.fork({ template: 'seeded' });
    expect(prepared).to.equal(1);
    expect(await query(fork.postgresUrl, 'select n from seeds')).to.deep.equal([{ n: 42 }]);
  });

  it('prepares a template again after a preparation that failed', async () => {
    const boom = new Error('no seed');
    const failed = await prepareTemplate(stack, 'again', async (url) => {
      await query(url, 'create table half ()');
      throw boom;
    }).catch((error: unknown) => error);
    expect(failed).to.equal(boom);
    await prepareTemplate(stack, 'again', async (url) => void (await query(url, 'create table whole ()')));
    await using fork = await stack.fork({ template: 'again' });
    expect(await query(fork.postgresUrl, `select to_regclass('half') as half`)).to.deep.equal([{ half: null }]);
  });

  it('stops waiting for another preparation when aborted', async () => {
    const started = new EventTarget();
    const release = Promise.withResolvers<void>();
    const inside = once(started, 'inside');
    const slow = prepareTemplate(stack, 'slow', async () => {
      started.dispatchEvent(new Event('inside'));
      await release.promise;
    });
    await inside;
    const stop = new AbortController();
    const reason = new Error('enough');
    const waiting = prepareTemplate(stack, 'slow', async () => undefined, { signal: stop.signal }).catch(
      (error: unknown) => error,
    );
    const waiters = `select from pg_stat_activity where wait_event_type = 'Lock' and wait_event = 'advisory'`;
    while ((await query(stack.postgresUrl, waiters)).length === 0);
    stop.abort(reason);
    expect(await waiting).to.equal(reason);
    release.resolve();
    await slow;
  });

  it('names the template that is not there', async () => {
    const error = await stack.fork({ template: 'nowhere' }).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'STINT_STACK_NO_TEMPLATE' });
  });

  it('forks from an address in JSON, and leaves the servers running on dispose', async () => {
    const attached = attachStack(JSON.stringify(describeStack(stack)));
    const fork = await attached.fork();
    expect(await databases()).to.deep.equal([fork.database]);
    await attached[Symbol.asyncDispose]();
    expect(await databases()).to.deep.equal([]);
    const error = await attached.fork().catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'STINT_STACK_DISPOSED' });
  });

  it('tells of an address that is none without showing it, and of one where nobody answers', async () => {
    expect(() => attachStack('{"secret'))
      .to.throw(/expected the address of a stack/)
      .with.property('code', 'STINT_STACK_BAD_ADDRESS');
    const away = { ...describeStack(stack), postgresUrl: 'postgres://postgres@127.0.0.1:1/postgres' };
    await using attached = attachStack(away);
    const error = await attached.fork().catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'STINT_STACK_UNREACHABLE' });
  });
});
