import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLog } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type FakeAgentOptions, startFakeAgent } from '../harness/sinks/fake-agent.ts';
import { runProgram } from '../harness/testing/program.ts';
import { testStack } from '../harness/testing/test-stack.ts';
import { isDatadogOn, openTelemetry } from './datadog.ts';

/** A service that the child asks, and the headers it was asked with. */
async function startService() {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    response.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    headers,
    [Symbol.dispose]: () => void server.close().closeAllConnections(),
  };
}

/** Runs the child against an agent. */
async function setup(options: FakeAgentOptions = {}, more: Readonly<Record<string, string | undefined>> = {}) {
  await using agent = await startFakeAgent(options);
  using service = await startService();
  await using fork = await testStack().fork();
  const startMs = performance.now();
  const ended = await runProgram('deploy/testing/datadog-child.ts', [], {
    env: {
      ...agent.environment,
      TEST_URL: service.url,
      TEST_DATABASE_URL: fork.postgresUrl,
      STINT_COMMIT: 'abc',
      DD_ENV: 'test',
      ...more,
    },
  });
  const tookMs = performance.now() - startMs;
  expect(ended).to.include({ code: 0, stderr: '' });
  const lines = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { agent, lines, tookMs, headers: service.headers };
}

/** The tracer has begun before it is asked for: its options come from variables alone. */
const begun = {
  NODE_OPTIONS: '--import dd-trace/initialize.mjs',
  DD_SERVICE: 'stint',
  DD_VERSION: 'abc',
  DD_TRACE_STARTUP_LOGS: 'false',
};
const common = ['env:test', 'service:stint', 'version:abc'];

describe('datadog', () => {
  for (const [how, more] of [
    ['', {}],
    [', also when --import has begun it with all its plugins', begun],
  ] as const) {
    it(`sends the spans it is given, and none of its own${how}`, async () => {
      const { agent, headers, lines } = await setup({}, more);
      expect(agent.spans.map(({ name }) => name).sort()).to.deep.equal(['stint.item', 'stint.run']);
      const run = agent.spans.find(({ name }) => name === 'stint.run');
      const item = agent.spans.find(({ name }) => name === 'stint.item');
      expect(run?.meta).to.include({ 'stint.run.id': 'run-1', 'stint.job': 'a-job', env: 'test', version: 'abc' });
      expect(run).to.include({ service: 'stint', error: 0 });
      expect(Number(run?.duration)).to.be.within(1e9, 60e9);
      expect(run?.metrics).to.include({ _sampling_priority_v1: 2 });
      expect(item).to.include({ error: 1, parent_id: run?.span_id, trace_id: run?.trace_id });
      expect(item?.metrics).to.include({ attempts: 3 });
      expect(item?.meta).to.include({ 'error.type': 'HttpError STINT_HTTP_500', 'error.message': 'it answered 500' });
      // Nobody outside learns our trace ids.
      expect(headers).to.have.length(2);
      for (const each of headers) expect(Object.keys(each).join()).to.not.match(/datadog|traceparent/);
      const { dd } = lines.find(({ msg }) => msg === 'logged');
      expect(dd).to.include({ span_id: `${run?.span_id}`, service: 'stint', env: 'test', version: 'abc' });
      expect(dd.trace_id).to.match(/^[0-9a-f]{32}$|^\d+$/);
    });
  }

  for (const [way, options] of [
    ['UDP', {}],
    ['HTTP', { takesMetricsOverHttp: true }],
  ] as const) {
    it(`sends counts and distributions over ${way}, each of them, with tags that end nothing`, async () => {
      const { agent } = await setup(options);
      expect(agent.metrics.filter(({ type }) => type === 'c')).to.deep.equal([
        { name: 'stint.items', value: 7, type: 'c', tags: [...common, 'job:a-job', 'target:a_b_c_d'].sort() },
      ]);
      const durations = agent.metrics.filter(({ name }) => name === 'stint.item.duration');
      expect(durations).to.have.length(2_500);
      expect(durations[0]).to.deep.equal({
        name: 'stint.item.duration',
        value: 0,
        type: 'd',
        tags: [...common, 'job:a-job'].sort(),
      });
      expect(agent.sum('stint.item.duration', 'job:a-job')).to.equal(11_250);
      expect(agent.asked.includes('udp')).to.equal(way === 'UDP');
    });
  }

  it('asks nobody for anything when it is off', async () => {
    const { agent, lines } = await setup({}, { DD_TRACE_ENABLED: 'false' });
    expect(agent.asked).to.deep.equal([]);
    expect(lines.at(-1)).to.include({ msg: 'flushed', on: false });
    expect(lines[0]).to.not.have.property('dd');
  });

  it('asks the agent for nothing but to take metrics and traces', async () => {
    const { agent } = await setup();
    expect([...new Set(agent.asked)].sort()).to.deep.equal(['/dogstatsd/v2/proxy', '/v0.4/traces', 'udp']);
  });

  it('turns on where an agent is named, or it is asked for', () => {
    const on = { DD_AGENT_HOST: '127.0.0.1', DD_TRACE_AGENT_URL: 'http://127.0.0.1:8126', DD_TRACE_ENABLED: 'true' };
    for (const [name, value] of Object.entries(on)) expect(isDatadogOn({ [name]: value }), name).to.equal(true);
    for (const values of [
      {},
      { DD_ENV: 'prod', DD_SERVICE: 'stint', DD_SITE: 'datadoghq.eu', DD_API_KEY: 'x' },
      { DD_AGENT_HOST: '' },
    ])
      expect(isDatadogOn(values)).to.equal(false);
    for (const off of ['false', '0']) expect(isDatadogOn({ ...on, DD_TRACE_ENABLED: off })).to.equal(false);
  });

  it('is nothing at all when it is off', async () => {
    const telemetry = await openTelemetry({}, silentLog);
    expect(telemetry).to.deep.equal({ metrics: undefined, tracer: undefined, agent: undefined });
  });
});
