/**
 * Between PostgreSQL's clients and the server, and hears what the server is told: the texts of statements, and apart from them their
 * parameters, as they are on the wire. Passes all on as it is. Not for TLS.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class StatementTap implements AsyncDisposable {
  /** Of statements, prepared or not. */
  readonly texts = new Set<string>();
  /** Of statements, as text. */
  readonly parameters = new Set<string>();
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @param target `postgres://…` */
  static async start(target: string): Promise<StatementTap> {
    const tap = new StatementTap(new URL(target));
    tap.#server.listen(0, '127.0.0.1');
    await once(tap.#server, 'listening');
    return tap;
  }

  /** The target, by way of this. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port), noDelay: true });
    client.setNoDelay();
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      // How it ends is the business of those at both ends.
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.on('end', () => other.end());
    }
    const hear = this.#listener();
    client.on('data', (chunk) => {
      hear(chunk);
      server.write(chunk);
    });
    server.on('data', (chunk) => client.write(chunk));
  }

  #listener(): (chunk: Buffer) => void {
    let left: Buffer = Buffer.alloc(0);
    // The first message has no type.
    let typeBytes = 0;
    return (chunk) => {
      left = Buffer.concat([left, chunk]);
      while (left.length >= typeBytes + 4) {
        const length = typeBytes + left.readUInt32BE(typeBytes);
        if (left.length < length) return;
        if (typeBytes > 0) this.#hear(String.fromCharCode(left[0] ?? 0), left.subarray(5, length));
        left = left.subarray(length);
        typeBytes = 1;
      }
    };
  }

  #hear(type: string, body: Buffer): void {
    if (type === 'Q') this.texts.add(textAt(body, 0));
    if (type === 'P') this.texts.add(textAt(body, endOfText(body, 0)));
    if (type === 'B') for (const parameter of parametersOf(body)) this.parameters.add(parameter);
  }
}

function endOfText(body: Buffer, from: number): number {
  return body.indexOf(0, from) + 1;
}

function textAt(body: Buffer, from: number): string {
  return body.toString('utf8', from, body.indexOf(0, from));
}

/** Of a Bind: portal, statement, formats, values. */
function parametersOf(body: Buffer): readonly string[] {
  let at = endOfText(body, endOfText(body, 0));
  at += 2 + 2 * body.readInt16BE(at);
  const parameters: string[] = [];
  const count = body.readInt16BE(at);
  at += 2;
  for (let index = 0; index < count; index += 1) {
    const length = body.readInt32BE(at);
    at += 4;
    if (length < 0) continue;
    parameters.push(body.toString('utf8', at, at + length));
    at += length;
  }
  return parameters;
}
