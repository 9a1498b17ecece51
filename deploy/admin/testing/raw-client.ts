/** A client on plain sockets, which sends whatever bytes it is given. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type RawAnswer, readAnswer } from './raw-answer.ts';

const patienceMs = 20_000;
const waitForMoreMs = 100;
const last = Buffer.from('GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');

/** A connection that is kept for one request after another. */
export class RawConnection implements Disposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #isEnd = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay();
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // Cut off while something is still being sent: what came before is what counts.
    socket.on('error', () => undefined);
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        this.#isEnd = true;
        this.#wake();
      });
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  /** Whether another request may go here. */
  get isOpen(): boolean {
    return !this.#isEnd && this.#socket.writable;
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Says that nothing more will be sent. */
  end(): void {
    this.#socket.end();
  }

  /** The next answer; undefined: the server ended the connection without one. @throws Error when neither comes */
  async answer(isHead = false): Promise<RawAnswer | undefined> {
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(() => deadline.reject(new Error('expected an answer, and none came')), patienceMs);
    try {
      for (;;) {
        const read = readAnswer(this.#received, { isHead, isEnd: this.#isEnd });
        if (read !== undefined) {
          this.#received = read.rest;
          return read.answer;
        }
        if (this.#isEnd) return undefined;
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, deadline.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** All answers until the server ends the connection. @throws Error for bytes that are none */
  async answers(): Promise<readonly RawAnswer[]> {
    const answers: RawAnswer[] = [];
    for (let next = await this.answer(); next !== undefined; next = await this.answer()) answers.push(next);
    if (this.#received.length > 0)
      throw new Error(`expected an answer, got ${JSON.stringify(this.#received.toString())}`);
    return answers;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** As many connections as there are requests at a time, each kept as long as the server likes to. */
export class RawClient implements Disposable {
  readonly #url: string;
  readonly #idle: RawConnection[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  async ask(bytes: Uint8Array, isHead: boolean): Promise<RawAnswer | undefined> {
    const kept = this.#idle.pop();
    const connection = kept?.isOpen ? kept : await this.#reopen(kept);
    connection.write(bytes);
    const answer = await connection.answer(isHead);
    if (answer === undefined || answer.headers.connection === 'close') connection[Symbol.dispose]();
    else this.#idle.push(connection);
    return answer;
  }

  #reopen(kept: RawConnection | undefined): Promise<RawConnection> {
    kept?.[Symbol.dispose]();
    return RawConnection.open(this.#url);
  }

  /** Sends bytes, and a last request if they end where one may begin; takes what comes. */
  async pour(bytes: Uint8Array): Promise<readonly RawAnswer[]> {
    using connection = await RawConnection.open(this.#url);
    connection.write(bytes);
    connection.write(last);
    // Of a request that is not whole yet no answer comes before.
    const timer = setTimeout(() => connection.end(), waitForMoreMs);
    return await connection.answers().finally(() => clearTimeout(timer));
  }

  [Symbol.dispose](): void {
    for (const connection of this.#idle.splice(0)) connection[Symbol.dispose]();
  }
}
