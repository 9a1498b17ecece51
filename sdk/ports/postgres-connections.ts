/**
 * Lends the connections of a pool, each for one piece of work.
 *
 * Guarantees: what is lent comes back once, whatever the work does; a connection goes with the signal that ends its work, and
 * with a fatal error, so that nobody gets one that is in the midst of something.
 */
import { Sema } from 'async-sema';
import pg from 'pg';

/** Given what opens a connection. */
export type Connect = (open: () => Promise<pg.PoolClient>) => Promise<pg.PoolClient>;

export class Connections {
  readonly #pool: pg.Pool;
  readonly #turns: Sema;
  readonly #toError: (error: unknown) => unknown;

  constructor(pool: pg.Pool, max: number, toError: (error: unknown) => unknown) {
    this.#pool = pool;
    this.#turns = new Sema(max);
    this.#toError = toError;
  }

  /** Waits for one of the connections outside of any effect: who has it may be waiting for something else. */
  async inTurn<TResult>(fn: () => Promise<TResult>): Promise<TResult> {
    if (this.#turns.tryAcquire() === undefined) await this.#turns.acquire();
    try {
      return await fn();
    } finally {
      this.#turns.release();
    }
  }

  /** @param connect does what opens a connection: a query does that as a part of its own effect. @default it is done */
  async lend<TResult>(
    signal: AbortSignal,
    fn: (client: pg.PoolClient) => Promise<TResult>,
    connect: Connect = (open) => open(),
  ): Promise<TResult> {
    signal.throwIfAborted();
    const client = await connect(() => this.#pool.connect()).catch((error: unknown) => {
      throw this.#toError(error);
    });
    let released = false;
    const release = (drop: boolean) => {
      if (released) return;
      released = true;
      client.release(drop);
    };
    // Releasing with `true` ends the connection, and with it the query: pg has no other way to break one off.
    const onAbort = () => release(true);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      return await fn(client);
    } catch (error) {
      signal.throwIfAborted();
      // It has ended the connection: the pool may hear of that too late for the next query.
      if (error instanceof pg.DatabaseError && error.severity === 'FATAL') release(true);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      release(false);
    }
  }
}
