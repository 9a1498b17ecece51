/** When and how often to try again. */
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import type { Random } from '../random.ts';
import { classifyError } from './classify.ts';

export interface RetryPolicy {
  /** Attempts in all, the first included; ≥ 1. */
  readonly attempts: number;
  /** Upper bound of the first wait, in ms; it doubles with each attempt. */
  readonly baseMs: number;
  /** Upper bound of any wait of our own choosing, in ms. */
  readonly maxMs: number;
  /** The longest `Retry-After` that is obeyed, in ms; an answer that asks for more is final. */
  readonly maxRetryAfterMs: number;
}

/** What to do after a failed attempt; undefined: it was final. */
export interface Retry {
  readonly delayMs: number;
}

/**
 * Decides on another try after attempt number `attempt` (from 1) failed with `error`.
 * Backoff with full jitter: a uniform wait below `min(maxMs, baseMs × 2^(attempt − 1))` (Marc Brooker,
 * "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). `Retry-After` is a lower bound of the wait.
 */
export function planRetry(policy: RetryPolicy, attempt: number, error: unknown, random: Random): Retry | undefined {
  const classified = classifyError(error);
  if (classified.class === 'permanent' || attempt >= policy.attempts) return undefined;
  const { retryAfterMs } = classified;
  if (retryAfterMs !== undefined && retryAfterMs > policy.maxRetryAfterMs) return undefined;
  const jitterMs = random.next() * Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1));
  return { delayMs: (retryAfterMs ?? 0) + jitterMs };
}

/** How long everybody has to wait because of `error`, whether it is tried again or not; undefined: not at all. */
export function pauseAskedFor(policy: RetryPolicy, error: unknown): number | undefined {
  const { retryAfterMs } = classifyError(error);
  return retryAfterMs !== undefined && retryAfterMs <= policy.maxRetryAfterMs ? retryAfterMs : undefined;
}

/** An attempt that failed and will be made again. */
export interface FailedAttempt {
  readonly attempt: number;
  readonly error: unknown;
  readonly delayMs: number;
}

export interface RetryContext {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly effects: Effects;
  /** Told before each wait: an outage that is lived through should not go unseen. @default nobody */
  readonly onRetry?: ((failed: FailedAttempt) => void) | undefined;
}

/** Does `fn` until it resolves, its error is final or attempts are used up; rejects with the last error. */
export async function retrying<TResult>(
  context: RetryContext,
  signal: AbortSignal,
  fn: () => Promise<TResult>,
): Promise<TResult> {
  const { policy, clock, random, effects, onRetry } = context;
  for (let attempt = 1; ; attempt++) {
    try {
      return await fn();
    } catch (error) {
      signal.throwIfAborted();
      const retry = planRetry(policy, attempt, error, random);
      if (retry === undefined) throw error;
      onRetry?.({ attempt, error, delayMs: retry.delayMs });
      await effects.perform({ kind: 'sleep', operation: 'backoff', target: 'clock', write: false }, () =>
        clock.sleep(retry.delayMs, signal),
      );
    }
  }
}
