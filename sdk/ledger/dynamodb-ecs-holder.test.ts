import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openEcsHolderCheck } from './dynamodb-ecs-holder.ts';

const holder = 'arn:aws:ecs:eu-central-1:123456789012:task/stint/0123456789abcdef';

/** An ECS that answers DescribeTasks as it is told, and notes what it was asked. */
async function openEcs(answer: (response: ServerResponse) => void) {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({ target: request.headers['x-amz-target'], ...JSON.parse(Buffer.concat(chunks).toString()) });
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    isGone: openEcsHolderCheck({
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const answering = (body: unknown, status = 200) =>
  openEcs((response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body));
  });

describe('dynamodb-ecs-holder', () => {
  for (const [status, gone] of [
    ['STOPPED', true],
    ['RUNNING', false],
    ['DEPROVISIONING', false],
  ] as const) {
    it(`says that a task which is ${status} is ${gone ? '' : 'not '}gone`, async () => {
      await using ecs = await answering({ tasks: [{ taskArn: holder, lastStatus: status }], failures: [] });
      expect(await ecs.isGone(holder)).to.equal(gone);
      expect(ecs.asked).to.deep.equal([
        { target: 'AmazonEC2ContainerServiceV20141113.DescribeTasks', cluster: 'stint', tasks: [holder] },
      ]);
    });
  }

  it('says that a task which ECS has forgotten is gone', async () => {
    await using ecs = await answering({ tasks: [], failures: [{ arn: holder, reason: 'MISSING' }] });
    expect(await ecs.isGone(holder)).to.equal(true);
  });

  it('does not know when ECS denies, fails, breaks off or tells of another task', async () => {
    await using denied = await answering({ __type: 'AccessDeniedException', message: 'no' }, 400);
    await using failing = await answering({}, 500);
    await using broken = await openEcs((response) => response.socket?.destroy());
    await using other = await answering({ tasks: [{ taskArn: `${holder}0`, lastStatus: 'STOPPED' }] });
    for (const { isGone } of [denied, failing, broken, other]) expect(await isGone(holder)).to.equal(false);
  });

  it('asks nobody about a holder that is no task of ECS', async () => {
    await using ecs = await answering({});
    for (const name of ['laptop 4711', '', 'arn:aws:ecs:eu-central-1:1:service/x/y'])
      expect(await ecs.isGone(name)).to.equal(false);
    expect(ecs.asked).to.deep.equal([]);
  });
});
