/** A way to a server that can be cut: what is between a task and its store fails, and the store goes on. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 *   open      what comes is passed on
 *   refused   each connection is reset, new ones as soon as they are made
 *   silent    nothing is passed on, and nobody is told; what was sent arrives when the way is open again
 */
export type Way = 'open' | 'refused' | 'silent';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export class OutageProxy implements AsyncDisposable {
  #target: URL;
  readonly #server = createServer((client) => this.#accept(client));
  readonly #pairs = new Set<Pair>();
  #way: Way = 'open';
  #answersToLose = 0;
  #lost = 0;

  private constructor(target: URL) {
    this.#target = target;
  }

  /** Listens on a free port of loopback. */
  static async start(target: string): Promise<OutageProxy> {
    const proxy = new OutageProxy(new URL(target));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The target's address, by this way. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href.replace(/\/$/, '');
  }

  /** Answers that were lost. */
  get lost(): number {
    return this.#lost;
  }

  /** Where new connections lead to: the server may come back at another port. */
  leadTo(target: string): void {
    this.#target = new URL(target);
  }

  set(way: Way): void {
    this.#way = way;
    for (const { client, server } of this.#pairs) {
      if (way === 'refused') client.resetAndDestroy();
      else if (way === 'silent') for (const socket of [client, server]) socket.pause();
      else for (const socket of [client, server]) socket.resume();
    }
  }

  /** Passes requests on, but resets the connection in place of each of the next so many answers. */
  loseAnswers(count: number): void {
    this.#answersToLose += count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.destroy();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port), noDelay: true });
    client.setNoDelay();
    const pair = { client, server };
    this.#pairs.add(pair);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      // How it ends is the business of those at both ends.
      one.on('error', () => {});
      one.on('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
    }
    client.on('data', (chunk) => server.write(chunk));
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    server.on('data', (chunk) => {
      if (this.#answersToLose === 0) {
        client.write(chunk);
        return;
      }
      this.#answersToLose -= 1;
      this.#lost += 1;
      client.resetAndDestroy();
    });
    if (this.#way === 'refused') client.resetAndDestroy();
    if (this.#way === 'silent') for (const socket of [client, server]) socket.pause();
  }
}
