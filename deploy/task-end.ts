/**
 * The end of a task, after the summary is in the ledger:
 *
 *   metrics flushed → traces flushed → Slack told → standard output drained → a pause for the log router → exit code
 *
 * When a task's container ends, those beside it are told to end at once: what the agent and the log router have not been given
 * by then, and the router has not sent, is lost.
 *
 * Guarantees: this order; each step has its share of the time and none, hanging or failing, keeps the next from happening; all
 * of it takes less than 15 s with a pause of 4 s; the exit code is that of the run whatever fails here; soon after, the process
 * is gone even if something would keep it. Signals do not shorten it: ECS leaves 120 s. Metrics and traces that an agent did not
 * take are one line of the log, with its address and the cause.
 * Does not guarantee that what was flushed has arrived: the agent sends it on by itself.
 */
import type { Writable } from 'node:stream';
import { type Clock, describeError, type Log, systemClock } from '@stint/sdk';
import type { DatadogAgent } from './datadog-agent.ts';

export interface TaskEnd {
  readonly metrics?: { flush(): Promise<void> } | undefined;
  readonly tracer?: { flush(): Promise<void> } | undefined;
  /** Knows why metrics and traces were not taken. @default nobody does */
  readonly agent?: Pick<DatadogAgent, 'ask' | 'lossOf'> | undefined;
  /** Tells Slack. @default nobody is told */
  readonly tell?: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly stdout: Writable;
  /** How long the log router gets for the last lines, in ms. */
  readonly exitGraceMs: number;
  readonly log: Log;
  /** @default the machine's */
  readonly clock?: Clock;
}

// Metrics: dd-trace waits 2 s for an agent that hangs, and then takes the other way, UDP.
const shares = { metrics: 2_500, traces: 2_000, Slack: 5_000 } as const;
/** For all of it, in ms. What the others leave is for standard output: its reader may be slow. */
export const endOfTaskMs = 15_000;
const leastOutputMs = 1_000;
/** What a process gets that something keeps from ending. */
const lastMs = 400;

/** Resolves when the process may end. Never rejects. */
export async function endTask({
  metrics,
  tracer,
  agent,
  tell,
  stdout,
  exitGraceMs,
  log,
  clock = systemClock,
}: TaskEnd): Promise<void> {
  const startedMs = clock.monotonicMs();
  const take = within(clock);
  const warn = (what: string) => (error: unknown) => log.warn(what, { error: describeError(error) });
  const late = new Map<'metrics' | 'traces', unknown>();
  // Asked beside the flushes: it takes no time of its own.
  const asked = take(shares.metrics, () => agent?.ask(), unheard);
  await take(
    shares.metrics,
    () => metrics?.flush(),
    (error) => late.set('metrics', error),
  );
  await take(
    shares.traces,
    () => tracer?.flush(),
    (error) => late.set('traces', error),
  );
  await asked;
  const loss = agent?.lossOf(late);
  if (loss !== undefined) log.warn(loss);
  else for (const [what, error] of late) warn(`${what} were not sent`)(error);
  await take(shares.Slack, (signal) => tell?.(signal), warn('Slack was not told'));
  const leftMs = endOfTaskMs - exitGraceMs - lastMs - (clock.monotonicMs() - startedMs);
  const outputMs = Math.max(leftMs, leastOutputMs);
  await take(outputMs, () => drained(stdout), unheard);
  if (exitGraceMs > 0) await clock.sleep(exitGraceMs);
}

/** Ends the process with `code`, as soon as nothing keeps it, and then even so. */
export function exitWith(code: number): void {
  process.exitCode = code;
  // A pipe that nobody reads, a socket that was left open: neither is worth the task's money.
  setTimeout(() => process.exit(), lastMs).unref();
}

// When nobody reads any more there is nowhere to tell it; what an agent does not answer it tells itself.
function unheard(): void {}

/** Does `fn`, and goes on without it after `withinMs`. */
function within(clock: Clock) {
  return async (
    withinMs: number,
    fn: (signal: AbortSignal) => Promise<void> | undefined,
    onError: (error: unknown) => void,
  ): Promise<void> => {
    const stop = new AbortController();
    const late = Promise.withResolvers<void>();
    const timer = clock.setTimer(withinMs, () => late.reject(new Error(`it took more than ${withinMs} ms`)));
    try {
      await Promise.race([fn(stop.signal), late.promise]);
    } catch (error) {
      onError(error);
    } finally {
      timer.cancel();
      stop.abort();
    }
  };
}

/** Resolves when all that was written is out of this process, or cannot get out any more. */
function drained(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => stream.write('', () => resolve()));
}
