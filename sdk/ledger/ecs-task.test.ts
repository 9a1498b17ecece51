import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { findEcsTask } from './ecs-task.ts';

const taskArn = 'arn:aws:ecs:eu-central-1:123456789012:task/jobs/0123456789abcdef';

/** ECS's metadata endpoint. */
async function serve(answer: (response: ServerResponse) => unknown) {
  const paths: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    paths.push(url);
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v4/container-id`,
    paths,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('ledger/ecs-task', () => {
  it('reads the ARN of the task and its cluster', async () => {
    const body = { Cluster: 'jobs', TaskARN: taskArn, Family: 'stint', Containers: [{}] };
    await using server = await serve((response) => response.end(JSON.stringify(body)));
    expect(await findEcsTask(server.uri)).to.deep.equal({ taskArn, cluster: 'jobs' });
    expect(server.paths).to.deep.equal(['/v4/container-id/task']);
  });

  it('knows of no task outside of ECS, and when the answer is none', async () => {
    expect(await findEcsTask(undefined)).to.equal(undefined);
    expect(await findEcsTask('http://127.0.0.1:1')).to.equal(undefined);
    expect(await findEcsTask('nonsense')).to.equal(undefined);
    const answers: ((response: ServerResponse) => unknown)[] = [
      (response) => response.writeHead(500).end('{}'),
      (response) => response.end('no JSON'),
      (response) => response.end(JSON.stringify({ Cluster: 'jobs' })),
      (response) => response.end(JSON.stringify({ Cluster: 'jobs', TaskARN: 'x' })),
    ];
    for (const answer of answers) {
      await using server = await serve(answer);
      expect(await findEcsTask(server.uri)).to.equal(undefined);
    }
  });

  it('does not wait for long', async () => {
    await using silent = await serve(() => {});
    expect(await findEcsTask(silent.uri)).to.equal(undefined);
    await using slow = await serve((response) => response.write('{'));
    expect(await findEcsTask(slow.uri)).to.equal(undefined);
  });
});
