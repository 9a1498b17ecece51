/**
 * Limits failed log-ins and wrong bearer tokens by the client's address: 10 a minute, then 429 until that minute is over.
 *
 * Failures are counted, nothing else: a good token always passes, also from an address that is limited. Tokens of 256 bits are
 * not guessed at any rate; what a neighbour behind the same address does wrong must not lock out those who do it right.
 *
 * Guarantees: memory is bounded however many addresses there are, and no failure is forgotten for that. Addresses share a
 * fixed number of counters, by a hash that nobody else knows; two that share one share its limit.
 * Does not guarantee: one count over several instances or over a restart.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AdminError } from '../admin-error.ts';
import { networkOf } from './client-network.ts';

export interface FailuresLimitOptions {
  /** How many failures of an address are answered as such. @default 10 */
  readonly failures?: number;
  /** From the first failure on. @default 60,000 */
  readonly windowMs?: number;
  /** How many counters there are at most, some 300 bytes each. @default 16,384 */
  readonly counters?: number;
}

export class FailuresLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #counters: number;
  readonly #salt = randomBytes(32);

  constructor({ failures = 10, windowMs = 60_000, counters = 16_384 }: FailuresLimitOptions = {}) {
    this.#limiter = new RateLimiterMemory({ points: failures, duration: windowMs / 1_000 });
    this.#counters = counters;
  }

  /**
   * Counts a failure.
   * @param address `ctx.ip`: whether a proxy's word is taken for it is up to `app.proxy`
   * @throws AdminError 429 when there were too many
   */
  async count(address: string): Promise<void> {
    try {
      await this.#limiter.consume(this.#counterOf(address));
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw thrown;
      const seconds = Math.max(1, Math.ceil(thrown.msBeforeNext / 1_000));
      throw new AdminError(429, `too many tokens from this address were wrong; try again in ${seconds} s`, {
        headers: { 'Retry-After': String(seconds) },
      });
    }
  }

  #counterOf(address: string): string {
    const hash = createHmac('sha256', this.#salt).update(networkOf(address)).digest();
    return String(hash.readUInt32BE() % this.#counters);
  }
}
