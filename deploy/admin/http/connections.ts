/**
 * The connections of a server: those whose client does not take its answer are cut off, and at the end all are drained.
 *
 * Guarantees: an answer that was made waits for its client no longer than `patienceMs`; `drain` takes no new connections, lets answers that
 * are on their way be sent, closes what carries none, and resolves when nothing is left, after `drainMs` at the latest.
 */
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionsOptions {
  /** How long a client may take none of an answer that is ready, in ms. */
  readonly patienceMs: number;
  /** How long `drain` waits for clients to take their answers, in ms. */
  readonly drainMs: number;
}

const lookEveryMs = 50;

export class Connections {
  readonly #server: Server;
  readonly #options: ConnectionsOptions;
  /** How many answers each owes. Node's own list of idle ones lacks those that never asked, as browsers open them in advance. */
  readonly #owed = new Map<Socket, number>();

  constructor(server: Server, options: ConnectionsOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket: Socket) => {
      this.#owed.set(socket, 0);
      socket.once('close', () => this.#owed.delete(socket));
    });
    // Before whoever answers: that may be done at once.
    server.prependListener('request', ({ socket }, res) => {
      this.#owe(socket, 1);
      res.once('close', () => this.#owe(socket, -1));
      res.once('prefinish', () => this.#cutOffLate(res));
    });
  }

  async drain(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    const late = setTimeout(() => this.#server.closeAllConnections(), this.#options.drainMs);
    // Not at once: what was sent before is to be read, and answered.
    const look = setInterval(() => this.#closeIdle(), lookEveryMs);
    await closed.finally(() => {
      clearTimeout(late);
      clearInterval(look);
    });
  }

  #closeIdle(): void {
    for (const [socket, owed] of this.#owed) if (owed === 0) socket.destroy();
  }

  #owe(socket: Socket, by: 1 | -1): void {
    const owed = this.#owed.get(socket);
    if (owed !== undefined) this.#owed.set(socket, owed + by);
  }

  #cutOffLate(res: ServerResponse): void {
    // Of a client that has gone already nothing would clear the timer.
    if (res.closed) return;
    const late = setTimeout(() => res.destroy(), this.#options.patienceMs);
    res.once('close', () => clearTimeout(late));
  }
}
