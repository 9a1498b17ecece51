import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type FakeAgentOptions, startFakeAgent } from '../harness/sinks/fake-agent.ts';
import { runProgram } from '../harness/testing/program.ts';
import { openAdminWorld } from './admin/testing/admin-world.ts';
import { linesOf, openTaskWorld, summaryOf } from './testing/task-world.ts';

type Values = Readonly<Record<string, string>>;

/** The lines that a task writes at its end, and how long that took. */
async function endOf(env: Values, sends: string) {
  const ended = await runProgram('deploy/testing/agent-loss-child.ts', [], { env: { ...env, TEST_SENDS: sends } });
  expect(ended).to.include({ code: 3, stderr: '' });
  const [begin, ...lines] = linesOf(ended);
  const tookMs = Math.max(0, ...lines.map(({ time }) => Date.parse(`${time}`) - Date.parse(`${begin?.time}`)));
  return { told: lines.map(({ level, msg }) => `${level}: ${msg}`), tookMs };
}

async function endWith(options: FakeAgentOptions, sends: string, more: Values = {}) {
  await using agent = await startFakeAgent(options);
  const { asked, environment } = agent;
  const { host } = new URL(environment.DD_TRACE_AGENT_URL ?? '');
  return { host, asked, ...(await endOf({ ...environment, ...more }, sends)) };
}

/** Where nothing ever listens; a port that was let go may soon be another test's. */
const closedPort = '1';
const both = 'metrics and traces';
// No name server has to be asked: a label has 63 characters at most.
const unknownHost = `${'a'.repeat(64)}.invalid`;

describe('datadog agent', () => {
  for (const sends of [both, 'metrics', 'traces', '']) {
    it(`says nothing when it takes ${sends || 'what there is: nothing'}`, async () => {
      const { told, asked } = await endWith({}, sends);
      expect(told).to.deep.equal([]);
      expect(asked.filter((path) => path === '/info')).to.have.length(1);
    });
  }

  for (const sends of [both, 'metrics']) {
    it(`tells once of ${sends} that cannot be sent: its host is unknown`, async () => {
      const { told, tookMs } = await endOf({ DD_AGENT_HOST: unknownHost, DD_TRACE_AGENT_PORT: '8127' }, sends);
      const at = `the Datadog agent at ${unknownHost}:8127 cannot be reached: ENOTFOUND`;
      expect(told).to.deep.equal([
        `warn: ${both} are lost, some or all: ${at}; check DD_AGENT_HOST and that the agent runs`,
      ]);
      expect(tookMs).to.be.lessThan(8_000);
    });

    it(`tells once of ${sends} that cannot be sent: nothing listens`, async () => {
      const { told, tookMs } = await endOf({ DD_AGENT_HOST: '127.0.0.1', DD_TRACE_AGENT_PORT: closedPort }, sends);
      const at = `the Datadog agent at 127.0.0.1:${closedPort} cannot be reached: ECONNREFUSED`;
      expect(told).to.deep.equal([
        `warn: ${both} are lost, some or all: ${at}; check DD_AGENT_HOST and that the agent runs`,
      ]);
      expect(tookMs).to.be.lessThan(8_000);
    });

    it(`tells once of ${sends} that nobody answers`, async () => {
      const { told, tookMs, host } = await endWith({ behaviour: 'hang' }, sends);
      const at = `the Datadog agent at ${host} did not answer within 2000 ms`;
      expect(told).to.deep.equal([
        `warn: ${both} are lost, some or all: ${at}; check DD_TRACE_AGENT_URL and that the agent runs`,
      ]);
      expect(tookMs).to.be.within(1_900, 8_000);
    });

    it(`tells once of ${sends} that it refuses`, async () => {
      const { told, host } = await endWith({ behaviour: 'refuse' }, sends);
      expect(told).to.deep.equal([
        `warn: ${sends} are lost, some or all: the Datadog agent at ${host} answered 500; check DD_TRACE_AGENT_URL and that the agent runs`,
      ]);
    });
  }

  it('tells of broken connections, and of nothing else that its URL holds', async () => {
    await using agent = await startFakeAgent({ behaviour: 'reset' });
    const { host } = new URL(agent.environment.DD_TRACE_AGENT_URL ?? '');
    const { told } = await endOf(
      { ...agent.environment, DD_TRACE_AGENT_URL: `http://user:hidden@${host}/?key=hidden` },
      both,
    );
    expect(told.join()).to.include(`at ${host} cannot be reached: ECONNRESET`).and.not.include('hidden');
  });

  it('tells of metrics that go over UDP to an unknown host', async () => {
    const { told } = await endWith({}, both, { DD_DOGSTATSD_HOST: unknownHost, DD_DOGSTATSD_PORT: '8129' });
    const at = `the Datadog agent at ${unknownHost}:8129 (UDP) cannot be reached: ENOTFOUND`;
    expect(told).to.deep.equal([
      `warn: metrics are lost, some or all: ${at}; check DD_TRACE_AGENT_URL and that the agent runs`,
    ]);
  });

  for (const [what, behaves] of [
    ['answers', true],
    ['is not there', false],
  ] as const) {
    it(`is asked over a Unix socket that ${what}`, async () => {
      await using directory = await mkdtempDisposable(join(tmpdir(), 'stint-'));
      const path = join(directory.path, 'apm.socket');
      const asked: string[] = [];
      const server = createServer((request, response) => {
        asked.push(`${request.url}`);
        request.resume().on('end', () => response.end('{"rate_by_service":{}}'));
      });
      if (behaves) await once(server.listen(path), 'listening');
      const { told } = await endOf({ DD_TRACE_AGENT_URL: `unix://${path}` }, both);
      server.close();
      if (behaves) expect(asked).to.include.members(['/info', '/v0.4/traces']);
      else expect(told.join()).to.include(`at ${path} cannot be reached: ENOENT`);
      expect(told).to.have.length(behaves ? 0 : 1);
    });
  }

  it('tells of traces alone that were not taken in time', async () => {
    const server = createServer((request, response) => {
      if (request.url !== '/v0.4/traces') response.writeHead(request.url === '/info' ? 200 : 404).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const { told } = await endOf({ DD_AGENT_HOST: '127.0.0.1', DD_TRACE_AGENT_PORT: `${port}` }, both);
    server.close().closeAllConnections();
    const why = `at 127.0.0.1:${port} did not take them in time: it took more than 2000 ms`;
    expect(told).to.deep.equal([
      `warn: traces are lost, some or all: the Datadog agent ${why}; check DD_AGENT_HOST and that the agent runs`,
    ]);
  });

  it('is not asked when it is off', async () => {
    const { told, asked } = await endWith({ behaviour: 'refuse' }, both, { DD_TRACE_ENABLED: 'false' });
    expect({ told, asked }).to.deep.equal({ told: [], asked: [] });
  });

  it('is told of in one line by a task, whose exit code is that of its run', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const ended = await world.run({ DD_AGENT_HOST: unknownHost, STINT_SCOPE: '{"paymentIds":["1"]}' });
    expect(ended).to.include({ code: 0, stderr: '' });
    const { runId } = summaryOf(ended);
    const warned = linesOf(ended).filter(({ level }) => level === 'warn');
    expect(warned.map(({ msg, run }) => ({ msg, run }))).to.deep.equal([
      {
        msg: `${both} are lost, some or all: the Datadog agent at ${unknownHost}:8126 cannot be reached: ENOTFOUND; check DD_AGENT_HOST and that the agent runs`,
        run: runId,
      },
    ]);
  });

  it('is told of in one line by an admin that ends', async () => {
    await using world = await openAdminWorld();
    await using program = await world.start({ DD_AGENT_HOST: unknownHost });
    program.process.kill('SIGTERM');
    const ended = await program.ended;
    expect(ended).to.include({ code: 0, stderr: '' });
    const told = linesOf(ended).filter(({ msg }) => `${msg}`.includes('Datadog agent'));
    expect(told.map(({ level }) => level)).to.deep.equal(['warn']);
  });
});
