/**
 * A portal: a live pg-cursor on a connection of its own, for as long as both are good.
 *
 * Guarantees: a read ends when the connection is lost (pg-cursor alone waits for ever: node-postgres#2468) or the signal
 * fires; a portal left idle is closed after `maxAgeMs`, so that no snapshot is held for the length of a run.
 * Does not reopen: whoever reads decides where to go on.
 */
import pg from 'pg';
import Cursor from 'pg-cursor';
import type { Clock, Timer } from '../clock.ts';
import type { Statement } from './postgres-keyset.ts';

export type Row = Record<string, unknown>;

export interface PortalOptions {
  readonly config: pg.ClientConfig;
  readonly clock: Clock;
  readonly maxAgeMs: number;
  /** The server refuses whatever the statement would write. */
  readonly readOnly: boolean;
}

export class Portal implements AsyncDisposable {
  readonly #options: PortalOptions;
  #client: pg.Client | undefined;
  // Ends what waits for an answer when the connection is lost.
  #onLost: ((error: Error) => void) | undefined;
  #cursor: Cursor<Row> | undefined;
  #openedMs = 0;
  #reading = false;
  #ageTimer: Timer | undefined;

  constructor(options: PortalOptions) {
    this.#options = options;
  }

  /** Whether a read can go on where the last one ended. */
  get isOpen(): boolean {
    return this.#cursor !== undefined;
  }

  /** Whether the portal is open, and young enough to be kept. */
  get isYoung(): boolean {
    return this.isOpen && this.#leftMs() > 0;
  }

  /** Opens the portal for a statement, closing the one before; connects if need be. */
  async open({ text, values }: Statement): Promise<void> {
    await this.#closeCursor();
    const client = this.#client ?? (await this.#connect());
    this.#cursor = client.query(new Cursor<Row>(text, [...values]));
    this.#openedMs = this.#options.clock.monotonicMs();
  }

  /** The next rows; fewer than asked for: that was the end. */
  async read(count: number, signal: AbortSignal): Promise<Row[]> {
    const cursor = this.#cursor;
    if (cursor === undefined) throw new RangeError('the portal is not open');
    signal.throwIfAborted();
    this.#ageTimer?.cancel();
    this.#reading = true;
    try {
      const rows = await this.#unlessBroken(signal, cursor.read(count));
      this.#reading = false;
      if (rows.length === count) this.#closeWhenIdle();
      return rows;
    } catch (error) {
      await this.#drop();
      throw error;
    } finally {
      this.#reading = false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closeCursor();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  #leftMs(): number {
    return this.#openedMs + this.#options.maxAgeMs - this.#options.clock.monotonicMs();
  }

  #closeWhenIdle(): void {
    const closeUnlessRead = () => {
      if (!this.#reading) void this.#closeCursor();
    };
    this.#ageTimer = this.#options.clock.setTimer(this.#leftMs(), closeUnlessRead, { background: true });
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#options.config);
    const lose = (error: Error) => {
      if (this.#client === client) {
        this.#client = undefined;
        this.#cursor = undefined;
      }
      this.#onLost?.(error);
    };
    client.on('error', lose);
    client.on('end', () => lose(new Error('Connection terminated unexpectedly')));
    await client.connect();
    if (this.#options.readOnly) await client.query('set default_transaction_read_only = on');
    this.#client = client;
    return client;
  }

  async #closeCursor(): Promise<void> {
    this.#ageTimer?.cancel();
    const cursor = this.#cursor;
    this.#cursor = undefined;
    if (cursor === undefined || this.#client === undefined) return;
    // A connection that is gone has closed the portal for us.
    await this.#unlessBroken(undefined, cursor.close()).catch(() => {});
  }

  // Not Promise.race with one promise of the connection's end: that would keep every page until then.
  #unlessBroken<TResult>(signal: AbortSignal | undefined, work: Promise<TResult>): Promise<TResult> {
    const { promise, resolve, reject } = Promise.withResolvers<TResult>();
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#onLost = reject;
    work.then(resolve, reject);
    return promise.finally(() => {
      signal?.removeEventListener('abort', onAbort);
      this.#onLost = undefined;
    });
  }

  // After a failed read the connection may be in the midst of an answer: it is of no more use.
  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#cursor = undefined;
    await client?.end().catch(() => {});
  }
}
