/** Puts together what a job sees. */
import type { Clock } from './clock.ts';
import type { Context } from './context.ts';
import type { Effects } from './effects.ts';
import type { ResolvedLimits } from './limits.ts';
import type { Loops } from './loop/loops.ts';
import { retrying } from './pace/retry.ts';
import type { Ports } from './ports/open.ts';
import type { Random } from './random.ts';
import type { Log } from './report/log.ts';
import type { ShardInUse } from './shard.ts';

export interface ContextParts {
  readonly job: string;
  readonly runId: string;
  readonly attempt: number;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly shard: ShardInUse;
  readonly env: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly limits: ResolvedLimits;
  readonly ports: Ports;
  readonly loops: Loops;
  readonly clock: Clock;
  readonly random: Random;
  readonly effects: Effects;
  readonly log: Log;
  readonly count: (name: string, by: number) => void;
}

/** The context of any job; `defineJob` has seen to it that the author's types fit. */
export function createContext(parts: ContextParts): Context<Record<string, unknown>, Record<string, unknown>> {
  const { ports, loops, clock, random, effects, signal, limits } = parts;
  return {
    job: parts.job,
    runId: parts.runId,
    attempt: parts.attempt,
    scope: parts.scope,
    get shard() {
      return parts.shard.ask();
    },
    env: parts.env,
    secrets: parts.secrets,
    dryRun: parts.dryRun,
    signal,
    // Asked for only by jobs that need them: a store that was not configured is an error then, not before.
    get postgres() {
      return ports.postgres;
    },
    get dynamo() {
      return ports.dynamo;
    },
    http: ports.http,
    log: parts.log,
    clock: {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: (ms, until = signal) =>
        effects.perform({ kind: 'sleep', operation: 'sleep', target: 'clock', write: false }, () =>
          clock.sleep(ms, until),
        ),
    },
    random,
    each: loops.each,
    eachBatch: loops.eachBatch,
    retry: (fn) => retrying({ policy: limits.retry, clock, random, effects }, signal, fn),
    count: (name, by = 1) => parts.count(name, by),
  };
}
