import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { until } from '../testing/until.ts';
import { startForwardSink } from './forward-sink.ts';

const text = (value: string) => Buffer.concat([Buffer.from([0xd9, value.length]), Buffer.from(value)]);
/** Seconds and nanoseconds, as Fluentd's own type of time. */
const eventTime = Buffer.from([0xd7, 0, 0x6a, 0, 0, 0, 0, 0, 0, 1]);

function message(record: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(record);
  const map = [Buffer.from([0x80 | entries.length]), ...entries.flatMap((entry) => entry.map(text))];
  return Buffer.concat([Buffer.from([0x94]), text('app'), eventTime, ...map, Buffer.from([0x80])]);
}

async function setUp() {
  const sink = await startForwardSink();
  const [host = '', port] = sink.address.split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  return {
    sink,
    socket,
    texts: () => sink.lines.map((line) => line.text),
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await sink[Symbol.asyncDispose]();
    },
  };
}

describe('the forward sink', () => {
  it('keeps lines in order, whatever the pieces they arrive in', async () => {
    await using it = await setUp();
    const bytes = Buffer.concat([message({ log: 'one', source: 'stdout' }), message({ log: 'two', source: 'stderr' })]);
    for (const byte of bytes) it.socket.write(Buffer.from([byte]));
    await until('both lines', () => it.sink.lines.length === 2);
    expect(it.sink.lines).to.deep.equal([
      { tag: 'app', source: 'stdout', text: 'one' },
      { tag: 'app', source: 'stderr', text: 'two' },
    ]);
  });

  it('joins a long line that Docker has cut', async () => {
    await using it = await setUp();
    const part = { source: 'stdout', partial_message: 'true', partial_id: 'x' };
    it.socket.write(message({ ...part, log: 'a', partial_last: 'false' }));
    it.socket.write(message({ log: 'between', source: 'stdout' }));
    it.socket.write(message({ ...part, log: 'b', partial_last: 'true' }));
    await until('both lines', () => it.sink.lines.length === 2);
    expect(it.texts()).to.deep.equal(['between', 'ab']);
  });

  it('is not disturbed by a connection that breaks off', async () => {
    await using it = await setUp();
    it.socket.write(message({ log: 'whole', source: 'stdout' }));
    it.socket.write(message({ log: 'cut', source: 'stdout' }).subarray(0, 9));
    await until('the line', () => it.sink.lines.length === 1);
    it.socket.resetAndDestroy();
    expect(it.texts()).to.deep.equal(['whole']);
  });
});
