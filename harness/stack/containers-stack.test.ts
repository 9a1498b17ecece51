/**
 * These need a Docker engine and both images. Where they are not, they are pending, and say so; `npm run test:containers`
 * runs them, and fails where they are not.
 */
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import type { ContainerRuntimeClient } from 'testcontainers';
import { type Program, startProgram } from '../testing/program.ts';
import { stackKind } from '../testing/test-stack.ts';
import { findImages } from './container-images.ts';
import { startContainersStack } from './containers-stack.ts';
import { findEngine, hasImage, ownerLabel, ownerText, removeLeftovers, stackLabel } from './docker-engine.ts';
import { identifyProcess } from './process-identity.ts';
import type { StackError } from './stack-error.ts';
import { query } from './testing/query.ts';

const mocha = 'node_modules/mocha/bin/mocha.js';
const owner = 'harness/stack/testing/containers-owner.ts';
const { DOCKER_HOST, STINT_POSTGRES_IMAGE, STINT_LOCALSTACK_IMAGE } = process.env;
const environment = { DOCKER_HOST, STINT_POSTGRES_IMAGE, STINT_LOCALSTACK_IMAGE };

async function findReadyEngine(): Promise<ContainerRuntimeClient | undefined> {
  const engine = await findEngine().catch(() => undefined);
  const { postgres, localstack } = await findImages(process.env);
  const isReady = engine !== undefined && (await hasImage(engine, postgres)) && (await hasImage(engine, localstack));
  return isReady ? engine : undefined;
}

const refusalOf = (promise: Promise<unknown>): Promise<StackError> =>
  promise.then(
    () => {
      throw new Error('expected a StackError, got success');
    },
    (error) => error,
  );

describe('the containers stack', function () {
  this.timeout(240_000);
  let engine: ContainerRuntimeClient;

  before('Docker answers and has both images', async function () {
    const found = await findReadyEngine();
    if (found === undefined && stackKind() !== 'containers') return this.skip();
    engine = found ?? (await findEngine());
  });

  /** Of the stacks that a process of this test owns. */
  async function containersOf(pid: number | undefined): Promise<number> {
    const all = await engine.container.dockerode.listContainers({ all: true, filters: { label: [stackLabel] } });
    return all.filter(({ Labels }) => Labels[ownerLabel]?.split(' ')[1] === `${pid}`).length;
  }

  it('serves PostgreSQL and DynamoDB, says how far it is, and is gone when disposed', async () => {
    const lines: string[] = [];
    const before = await containersOf(process.pid);
    const stack = await startContainersStack({ environment: process.env, onStatus: (line) => lines.push(line) });
    const { postgres, localstack } = await findImages(process.env);
    expect(lines).to.include.members([`starting ${postgres}`, `starting ${localstack}`]);
    expect(lines.filter((line) => / is ready after \d/.test(line))).to.have.length(2);
    {
      await using fork = await stack.fork();
      expect(await query(fork.postgresUrl, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    }
    expect(await containersOf(process.pid)).to.equal(before + 2);
    await stack[Symbol.asyncDispose]();
    expect(await containersOf(process.pid)).to.equal(before);
  });

  it('leaves nothing when one of both does not get ready, and says which', async () => {
    const before = await containersOf(process.pid);
    const { postgres } = await findImages(process.env);
    // PostgreSQL in the place of LocalStack has no password, and ends at once.
    const broken = { ...process.env, STINT_LOCALSTACK_IMAGE: postgres };
    const { code, message } = await refusalOf(startContainersStack({ environment: broken }));
    expect(code).to.equal('STINT_STACK_START');
    expect(message).to.match(/^expected \S+ to get ready, got: .+; see what it prints with: docker run --rm /);
    expect(await containersOf(process.pid)).to.equal(before);
  });

  it('leaves nothing when it is aborted in mid-start', async () => {
    const before = await containersOf(process.pid);
    const abort = new AbortController();
    const reason = new Error('enough');
    const starting = startContainersStack({
      environment: process.env,
      signal: abort.signal,
      onStatus: (line) => {
        if (/ready/.test(line)) abort.abort(reason);
      },
    });
    expect(await refusalOf(starting)).to.equal(reason);
    expect(await containersOf(process.pid)).to.equal(before);
  });

  it('ends, with the next start, what a process that was killed has left', async () => {
    const env = { ...environment, TESTCONTAINERS_RYUK_DISABLED: 'true' };
    await using killed = startProgram(owner, [JSON.stringify(environment)], { env });
    await killed.writes('up: ');
    expect(await containersOf(killed.process.pid)).to.equal(2);
    killed.process.kill('SIGKILL');
    await killed.ended;
    expect(await containersOf(killed.process.pid)).to.equal(2);
    await using next = startProgram(owner, [JSON.stringify(environment)], { env });
    await next.writes('up: ');
    expect(next.stdout).to.match(/^removed \d+ containers, left by a process that was killed$/m);
    expect(await containersOf(killed.process.pid)).to.equal(0);
    next.process.kill('SIGKILL');
    await next.ended;
    await using last = startProgram(owner, [JSON.stringify(environment)], { env });
    await last.writes('removed ');
    last.process.kill('SIGKILL');
  });

  it('does not take a process that has got the pid of a killed one for it', async function () {
    const own = identifyProcess(process.pid);
    if (own.startedAt === null) {
      console.log('pids that are used again: not run (this system does not tell when a process was started)');
      return this.skip();
    }
    const { dockerode } = engine.container;
    const { postgres } = await findImages(process.env);
    const make = (owner: string) =>
      dockerode.createContainer({ Image: postgres, Labels: { [stackLabel]: 'test', [ownerLabel]: owner } });
    const left = await make(ownerText({ ...own, startedAt: `${Number(own.startedAt) - 1}` }));
    const kept = await make(ownerText(own));
    try {
      await removeLeftovers(engine);
      expect(await left.inspect().catch(({ statusCode }) => statusCode)).to.equal(404);
      expect((await kept.inspect()).Id).to.equal(kept.id);
    } finally {
      await kept.remove({ force: true });
    }
  });

  function startSuite(...flags: readonly string[]): Program {
    const env = { ...environment, STINT_TEST_STACK_KIND: 'containers', TESTCONTAINERS_RYUK_DISABLED: 'true' };
    return startProgram(mocha, [...flags, 'harness/stack/testing/endless-suite.ts'], { env });
  }

  it('leaves nothing when Ctrl-C comes while it starts for a suite, which tells no failure', async () => {
    await using suite = startSuite();
    await suite.writes('stack: starting ');
    while ((await containersOf(suite.process.pid)) === 0) expect(suite.process.exitCode).to.equal(null);
    suite.interrupt('SIGINT');
    const { signal, stderr } = await suite.ended;
    expect(signal, stderr).to.equal('SIGINT');
    expect(stderr).to.not.match(/\n\s+at /);
    expect(await containersOf(suite.process.pid)).to.equal(0);
  });

  // In parallel mode mocha hears SIGINT as well, and sends it a second time.
  for (const [signal, ...flags] of [['SIGTERM'], ['SIGINT', '--parallel', '--jobs', '2']] as const) {
    it(`leaves nothing when ${[signal, 'comes while the tests of a suite run', ...flags].join(' ')}`, async () => {
      await using suite = startSuite(...flags);
      await suite.writes('the test has begun');
      expect(await containersOf(suite.process.pid)).to.equal(2);
      suite.interrupt(signal);
      const ended = await suite.ended;
      expect(ended.signal, ended.stderr).to.equal(signal);
      expect(await containersOf(suite.process.pid)).to.equal(0);
    });
  }
});
