/** Needs a Docker engine, and no image: the registry is a server of this test. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import type { ContainerRuntimeClient } from 'testcontainers';
import { stackKind } from '../testing/test-stack.ts';
import { findEngine } from './docker-engine.ts';
import { ensureImage } from './pull-image.ts';
import type { StackError } from './stack-error.ts';
import { openEndlessRegistry } from './testing/endless-registry.ts';

describe('pull-image', () => {
  let engine: ContainerRuntimeClient;

  before('Docker answers', async function () {
    const found = await findEngine().catch(() => undefined);
    if (found === undefined && stackKind() !== 'containers') return this.skip();
    engine = found ?? (await findEngine());
  });

  it('stops a pull that is aborted, at the engine too', async () => {
    await using registry = await openEndlessRegistry();
    const abort = new AbortController();
    const reason = new Error('enough');
    const lines: string[] = [];
    const waits: string[] = [];
    const onWait = (what: string) => ({
      tell: () => undefined,
      [Symbol.dispose]: () => void waits.push(`${what}, over`),
    });
    const options = { signal: abort.signal, onStatus: (line: string) => lines.push(line), onWait };
    const pulling = ensureImage(engine, registry.image, options).catch((error: unknown) => error);
    // An engine that runs elsewhere finds no registry here, and says so.
    expect(await Promise.race([registry.pulling, pulling])).to.equal(undefined);
    abort.abort(reason);
    expect(await pulling).to.equal(reason);
    await registry.hungUp;
    expect(lines).to.deep.equal([`pulling ${registry.image}, once`]);
    expect(waits).to.deep.equal([`pulling ${registry.image}, over`]);
  });

  it('says what to do when the registry does not have the image', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using _closed = { [Symbol.asyncDispose]: async () => void server.close() };
    const image = `127.0.0.1:${(server.address() as AddressInfo).port}/stint/none:1`;
    const options = { signal: new AbortController().signal, onStatus: () => undefined };
    const error: StackError = await ensureImage(engine, image, options).then(
      () => expect.fail('expected a StackError'),
      (refused) => refused,
    );
    expect(error.code).to.equal('STINT_STACK_NO_IMAGE');
    expect(error.message).to.include(`expected to pull the image ${image}, got: `).and.include('harness/images/build');
  });
});
