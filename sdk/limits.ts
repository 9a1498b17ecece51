/** The limits of a job: what its author writes, and what they come to with defaults in place. */
import { checkAll } from './definition-problems.ts';
import { DefinitionError } from './errors.ts';
import type { RetryPolicy } from './pace/retry.ts';

export interface Limits {
  /** Calls of handlers at once. @default 8 */
  readonly concurrency?: number;
  /** Starts of handlers in any second, retries included: a whole number, or a fraction below 1; see `pace/rate-limit.ts`. @default no limit */
  readonly perSecond?: number;
  /** Starts that may come at once, from 1 to `perSecond`. @default a tenth of `perSecond`, at least 1 */
  readonly burst?: number;
  /** Time that one call of a handler has, in ms. @default 30_000 */
  readonly itemTimeoutMs?: number;
  /** Time that a call has to end once its signal fired, in ms. @default 1_000 */
  readonly abortGraceMs?: number;
  /** How old a record may be when its handler sees it, in ms; an older one is read again. @default 5_000 */
  readonly maxStalenessMs?: number;
  /** How many items may fail before the run does. @default none */
  readonly tolerate?: Tolerance;
  /** When to try an item again. @default { attempts: 4, baseMs: 200, maxMs: 20_000, maxRetryAfterMs: 120_000 } */
  readonly retry?: Partial<RetryPolicy>;
  /** Time that items in flight have to end when the run is stopped, in ms; below ECS's 120 s. @default 100_000 */
  readonly drainMs?: number;
  /** The run is interrupted, resumable, after this time, in ms. @default no limit */
  readonly maxRunMs?: number;
}

export interface Tolerance {
  /** Failed items that are let pass; one more fails the run at once. @default no limit if `percent` is set, else 0 */
  readonly failures?: number;
  /** Failed items in percent of the settled ones; looked at from the 100th item on, and at the end. @default 100 */
  readonly percent?: number;
}

export interface ResolvedLimits {
  readonly concurrency: number;
  readonly perSecond: number | undefined;
  readonly burst: number;
  readonly itemTimeoutMs: number;
  readonly abortGraceMs: number;
  readonly maxStalenessMs: number;
  readonly tolerate: Required<Tolerance>;
  readonly retry: RetryPolicy;
  readonly drainMs: number;
  readonly maxRunMs: number | undefined;
}

const defaultRetry: RetryPolicy = { attempts: 4, baseMs: 200, maxMs: 20_000, maxRetryAfterMs: 120_000 };

/**
 * Puts defaults in place and checks the numbers.
 * @throws DefinitionError with a line for each limit that is no number in its range
 */
export function resolveLimits(job: string, limits: Limits): ResolvedLimits {
  const { perSecond, tolerate = {} } = limits;
  const resolved: ResolvedLimits = {
    concurrency: limits.concurrency ?? 8,
    perSecond,
    burst: limits.burst ?? Math.max(1, Math.floor((perSecond ?? 0) / 10)),
    itemTimeoutMs: limits.itemTimeoutMs ?? 30_000,
    abortGraceMs: limits.abortGraceMs ?? 1_000,
    maxStalenessMs: limits.maxStalenessMs ?? 5_000,
    tolerate: { failures: toleratedFailuresOf(limits), percent: tolerate.percent ?? 100 },
    retry: { ...defaultRetry, ...limits.retry },
    drainMs: limits.drainMs ?? 100_000,
    maxRunMs: limits.maxRunMs,
  };
  const { retry } = resolved;
  const check = (name: string, value: unknown, range: Range) => () =>
    checkRange(`${job}'s limits.${name}`, value, range);
  checkAll(
    check('concurrency', resolved.concurrency, { whole: true, min: 1 }),
    ...(perSecond === undefined
      ? [() => checkNoBurst(job, limits)]
      : [
          check('perSecond', perSecond, { above: 0, whole: Number.isFinite(perSecond) && perSecond > 1 }),
          ...(limits.burst === undefined
            ? []
            : [check('burst', limits.burst, { whole: true, min: 1, max: Math.max(1, perSecond) })]),
        ]),
    check('itemTimeoutMs', resolved.itemTimeoutMs, { above: 0 }),
    check('abortGraceMs', resolved.abortGraceMs, { min: 0 }),
    check('maxStalenessMs', resolved.maxStalenessMs, { above: 0 }),
    check('tolerate.failures', tolerate.failures ?? 0, { whole: true, min: 0 }),
    check('tolerate.percent', resolved.tolerate.percent, { min: 0, max: 100 }),
    check('retry.attempts', retry.attempts, { whole: true, min: 1 }),
    check('retry.baseMs', retry.baseMs, { min: 0 }),
    check('retry.maxMs', retry.maxMs, { min: 0 }),
    check('retry.maxRetryAfterMs', retry.maxRetryAfterMs, { min: 0 }),
    check('drainMs', resolved.drainMs, { min: 0 }),
    check('maxRunMs', resolved.maxRunMs ?? 1, { above: 0 }),
  );
  return resolved;
}

export function toleratedFailuresOf({ tolerate: { failures, percent } = {} }: Limits): number {
  return failures ?? (percent === undefined ? 0 : Number.POSITIVE_INFINITY);
}

function checkNoBurst(job: string, { burst }: Limits): void {
  if (burst === undefined) return;
  throw new DefinitionError(`expected ${job}'s limits.burst beside limits.perSecond, got it alone; set perSecond too`);
}

interface Range {
  readonly whole?: boolean;
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
}

function checkRange(name: string, value: unknown, { whole = false, min, above, max }: Range): void {
  const fits =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!whole || Number.isInteger(value)) &&
    (min === undefined || value >= min) &&
    (above === undefined || value > above) &&
    (max === undefined || value <= max);
  if (fits) return;
  const bounds = [
    min === undefined ? '' : `of ${min} or more`,
    above === undefined ? '' : `above ${above}`,
    max === undefined ? '' : `up to ${max}`,
  ].filter(Boolean);
  const shown = typeof value === 'string' ? `${JSON.stringify(value)}; write it without quotes` : String(value);
  throw new DefinitionError(
    `expected ${name} to be a ${whole ? 'whole ' : ''}number ${bounds.join(', ')}, got ${shown}`,
  );
}
