import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarySchema } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { fakeNamed, startFake } from '../fakes/index.ts';
import { makeCaseFolder } from '../fixture/testing/case-folder.ts';
import { repositoryRoot } from '../repository.ts';
import { identifyProcess, waitForEnd } from '../stack/process-identity.ts';
import { childrenOf } from '../stack/testing/processes.ts';
import { type Program, startProgram } from '../testing/program.ts';
import { until } from '../testing/until.ts';

const demo = join(repositoryRoot, 'fixtures/poll-payment-status/demo');
const read = (path: string) => readFileSync(join(demo, path), 'utf8');

/** `stint run` on the case demo, with a provider that this test owns, so that it sees what is in flight. */
async function setUp(latencyMs: number) {
  await using opened = new AsyncDisposableStack();
  const state = { ...JSON.parse(read('fakes/payments.json')), latencyMs };
  const provider = opened.use(await startFake(fakeNamed('payments'), { state }));
  const folder = opened.use(
    makeCaseFolder({
      'case.json': JSON.stringify({
        description: 'demo, with a provider of the test',
        env: { PAYMENTS_API_URL: provider.url },
        secrets: { PAYMENTS_API_KEY: state.apiKey },
      }),
      'postgres/schema.sql': read('postgres/schema.sql'),
      'postgres/payments.jsonl': read('postgres/payments.jsonl'),
    }),
  );
  const args = ['run', 'poll-payment-status', '--fixture', folder.path, '--json'];
  const program = opened.use(startProgram('harness/cli/main.ts', args));
  const all = opened.move();
  return { program, calls: () => provider.calls.all, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** The servers that a command line has started, and where PostgreSQL's data is. */
function serversOf({ process: { pid } }: Program) {
  const children = [...childrenOf(pid ?? 0)].filter(([, command]) => /postgres|dynalite/.test(command));
  const [, data = ''] = /postgres.* -D (\S+)/.exec(children.map(([, command]) => command).join('\n')) ?? [];
  return { identities: children.map(([child]) => identifyProcess(child)), data };
}

describe('stint run, interrupted', () => {
  it('finishes what is in flight, ends its servers and with 130 on Ctrl-C', async () => {
    await using world = await setUp(500);
    await until('a full pool', () => world.calls().length >= 16);
    const { identities, data } = serversOf(world.program);
    expect(identities).to.have.length(2);
    expect(existsSync(data)).to.equal(true);
    world.program.interrupt('SIGINT');
    const { code, stdout, stderr } = await world.program.ended;

    expect(code).to.equal(130);
    const { status, exitCode, items } = summarySchema.parse(JSON.parse(stdout));
    expect({ status, exitCode }).to.deep.equal({ status: 'interrupted', exitCode: 130 });
    expect(items.read).to.equal(items.succeeded + items.skipped + items.failed + items.quarantined + items.remaining);
    expect(world.calls().filter((call) => call.status === undefined)).to.deep.equal([]);
    expect(stderr).to.include('the run was interrupted by SIGINT; finishing what is in flight');
    for (const identity of identities) expect(await waitForEnd(identity, 5_000)).to.equal(true);
    expect(existsSync(data)).to.equal(false);
  });

  it('ends at once, and its servers with it, on a second Ctrl-C', async () => {
    await using world = await setUp(60_000);
    await until('a full pool', () => world.calls().length >= 16);
    const { identities } = serversOf(world.program);
    world.program.interrupt('SIGINT');
    await world.program.writes('finishing what is in flight');
    const secondMs = performance.now();
    world.program.interrupt('SIGINT');
    expect(await world.program.ended).to.include({ code: 130, stdout: '' });
    // The job gives a payment 10 s.
    expect(performance.now() - secondMs).to.be.lessThan(5_000);
    for (const identity of identities) expect(await waitForEnd(identity, 5_000)).to.equal(true);
  });

  it('ends with 130 and a line when Ctrl-C comes while the stores are starting', async () => {
    await using world = await setUp(0);
    await world.program.writes('starting PostgreSQL');
    world.program.interrupt('SIGINT');
    const { code, stderr } = await world.program.ended;
    expect(code).to.equal(130);
    expect(stderr)
      .to.include('the run was interrupted by SIGINT')
      .and.not.match(/\n\s+at /);
  });
});
