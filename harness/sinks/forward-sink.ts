/**
 * A log router on a real socket: takes Fluentd's forward protocol, as Docker's driver `fluentd` and FireLens speak it.
 *
 * Guarantees: lines are kept as they were written, also those that came in parts. Does not do what a real router does: nothing is parsed,
 * renamed or sent on, and no receipt is given, for which Docker does not ask.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { decodeMsgpackStream } from './decode-msgpack.ts';

export interface ForwardedLine {
  readonly tag: string;
  readonly source: 'stdout' | 'stderr';
  readonly text: string;
}

export interface ForwardSink extends AsyncDisposable {
  /** `host:port` */
  readonly address: string;
  /** In the order in which their ends came. */
  readonly lines: readonly ForwardedLine[];
}

// [tag, time, record, options]: a message for each line, or for each 16 KB of it.
const messageSchema = z
  .tuple([
    z.string(),
    z.unknown(),
    z.looseObject({
      log: z.string(),
      source: z.enum(['stdout', 'stderr']),
      partial_message: z.string().optional(),
      partial_id: z.string().optional(),
      partial_last: z.string().optional(),
    }),
  ])
  .rest(z.unknown());

export async function startForwardSink(): Promise<ForwardSink> {
  const lines: ForwardedLine[] = [];
  const parts = new Map<string, string>();
  const sockets = new Set<Socket>();
  const note = (message: unknown) => {
    const [tag, , { log, source, partial_message: isPart, partial_id: id = '', partial_last: isLast }] =
      messageSchema.parse(message);
    const text = `${parts.get(id) ?? ''}${log}`;
    if (isPart === 'true' && isLast !== 'true') return void parts.set(id, text);
    parts.delete(id);
    lines.push({ tag, source, text });
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      const decoded = decodeMsgpackStream(Buffer.concat([rest, chunk]));
      rest = decoded.rest;
      for (const message of decoded.values) note(message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    lines,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
