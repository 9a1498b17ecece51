/**
 * Claims a run, and decides what a start does when another run stands in its way.
 *
 *   skip          it is refused
 *   wait          it asks again every few seconds until the other has ended; who waits longest need not be next
 *   cancel-other  it asks for the end of the other run, then waits
 *   allow         nothing stands in its way; a run that goes on is not gone on with
 *
 * An outage of the ledger is lived through for about a minute: nothing has begun, so nothing can be lost.
 * In a store without a clock it takes up to a heartbeat to see that a lease is alive, and its whole ttl that it is not.
 */
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { UnknownRunError } from '../errors.ts';
import { retrying } from '../pace/retry.ts';
import type { Random } from '../random.ts';
import { describeError } from '../report/describe-error.ts';
import type { Log } from '../report/log.ts';
import type { Overlap } from '../schedule.ts';
import type { Claim, ClaimRequest, Refused } from './ledger.ts';
import type { LedgerCalls } from './ledger-calls.ts';
import { LeaseWatch } from './watch-lease.ts';

export interface ClaimRunOptions {
  readonly calls: LedgerCalls;
  readonly request: ClaimRequest;
  readonly overlap: Overlap;
  readonly clock: Clock;
  readonly random: Random;
  readonly effects: Effects;
  readonly log: Log;
  /** Ends the wait: rejects with its reason. */
  readonly signal: AbortSignal;
}

export interface ClaimedRun {
  readonly claim: Claim;
  /** Monotonic ms at which the claim was asked for: the lease can be trusted from then on. */
  readonly askedMs: number;
}

/** What was done about others so far. */
interface Seen {
  readonly cancelled: Set<string>;
  /** The run that was said to be waited for. */
  awaited: string;
}

const claimPolicy = { attempts: 30, baseMs: 200, maxMs: 4_000, maxRetryAfterMs: 0 };
const askAgainMs = 2_000;
const looksPerTtl = 20;
// Of the ttl.
const longClaim = 0.1;

export async function claimRun(options: ClaimRunOptions): Promise<ClaimedRun> {
  const watch = new LeaseWatch(options.clock);
  const seen = { cancelled: new Set<string>(), awaited: '' };
  let request: ClaimRequest | undefined = options.request;
  for (;;) {
    const claimed = await claimOnce(options, { ...request, expired: watch.expired });
    const { claim } = claimed;
    if (claim.granted) return claimed;
    const { sighting } = claim;
    if (sighting !== undefined && !watch.note(sighting)) {
      await pause(options, Math.min(watch.leftMs, sighting.ttlMs / looksPerTtl, askAgainMs));
      continue;
    }
    request = await giveWay(options, request, claim, seen);
    if (request === undefined) return claimed;
  }
}

/** What to claim next, now that another run is known to go on; undefined: nothing, the start is refused. */
async function giveWay(
  options: ClaimRunOptions,
  request: ClaimRequest,
  { reason, runId }: Refused,
  seen: Seen,
): Promise<ClaimRequest | undefined> {
  const { overlap, calls, log } = options;
  if (reason === 'duplicate' || overlap === 'skip') return undefined;
  if (overlap === 'allow') {
    // It is the run of the same scope that would have been gone on with; this one begins beside it.
    return request.resume === 'last' ? { ...request, resume: 'none' } : undefined;
  }
  if (overlap === 'cancel-other' && !seen.cancelled.has(runId)) {
    seen.cancelled.add(runId);
    log.warn('another run goes on; asking for its end', { other: runId });
    await retry(options, () => calls.cancel(runId, `run ${request.runId}`)).catch((error: unknown) => {
      // It has claimed, and has not written itself down yet: the next look finds it.
      if (!(error instanceof UnknownRunError)) throw error;
      seen.cancelled.delete(runId);
    });
  }
  if (seen.awaited !== runId) log.info('waiting for another run to end', { other: runId });
  seen.awaited = runId;
  await pause(options, askAgainMs);
  return request;
}

async function claimOnce(options: ClaimRunOptions, request: ClaimRequest): Promise<ClaimedRun> {
  const { calls, clock } = options;
  let tries = 0;
  let askedMs = 0;
  const claim = await retry(options, () => {
    tries += 1;
    askedMs = clock.monotonicMs();
    return calls.claim(request);
  });
  // Which of several tries was taken is not known, and with it when the lease began: a heartbeat settles that. One that
  // took long has used its lease up already.
  if (claim.granted && (tries > 1 || clock.monotonicMs() - askedMs > claim.lease.ttlMs * longClaim)) {
    await retry(options, () => {
      askedMs = clock.monotonicMs();
      return calls.heartbeat(claim.lease);
    });
  }
  return { claim, askedMs };
}

function retry<TResult>(options: ClaimRunOptions, fn: () => Promise<TResult>): Promise<TResult> {
  const { clock, random, effects, signal, log } = options;
  const onRetry = ({ attempt, error, delayMs }: { attempt: number; error: unknown; delayMs: number }) =>
    log.warn('the ledger did not answer, will be asked again', {
      tries: attempt,
      delayMs: Math.round(delayMs),
      error: describeError(error),
    });
  return retrying({ policy: claimPolicy, clock, random, effects, onRetry }, signal, fn);
}

function pause({ effects, clock, signal }: ClaimRunOptions, ms: number): Promise<void> {
  return effects.perform({ kind: 'sleep', operation: 'wait', target: 'clock', write: false }, () =>
    clock.sleep(ms, signal),
  );
}
