/** `expect(calls).to.stayWithin({ … })`, `.toHaveSentOnce(…)`: what a service saw of a run. */
import type { Call, CallLog } from '../fakes/index.ts';

export interface CallLimits {
  /** The most that may have been open at one time. @default any number */
  readonly concurrency?: number;
  /** The most that may have arrived in any second. @default any number */
  readonly perSecond?: number;
  /**
   * How much closer together calls may arrive than they were started: connections are opened, and machines are busy. What
   * was started within a second and this much may arrive in one second, and no more. @default 100
   */
  readonly jitterMs?: number;
}

/** What is not within its limit, a line each. */
export function findExcess(calls: CallLog, { concurrency, perSecond, jitterMs = 100 }: CallLimits): readonly string[] {
  const lines: string[] = [];
  const { peakConcurrency, peakPerSecond } = calls;
  if (concurrency !== undefined && peakConcurrency > concurrency)
    lines.push(`concurrency: expected at most ${concurrency}, got ${peakConcurrency} calls open at one time`);
  if (perSecond === undefined) return lines;
  const most = Math.ceil(perSecond * (1 + jitterMs / 1_000));
  if (peakPerSecond > most) {
    const allowed = most === perSecond ? '' : ` (${most} with ${jitterMs} ms of jitter)`;
    lines.push(`perSecond: expected at most ${perSecond}${allowed}, got ${peakPerSecond} calls in one second`);
  }
  return lines;
}

const shownKeys = 5;

/** Why it cannot be said that each of these requests was sent, and once; undefined: it can. */
export function findRepeated(calls: CallLog, method: string, pathPrefix: string): string | undefined {
  const sent = calls.all.filter((call) => call.method === method && call.path.startsWith(pathPrefix));
  if (sent.length === 0) return `expected ${method} ${pathPrefix} to be sent, but it was not; ${describeSent(calls)}`;
  const times = Map.groupBy(sent, identify);
  const repeated = [...times].filter(([, same]) => same.length > 1);
  if (repeated.length === 0) return undefined;
  const lines = repeated.slice(0, shownKeys).map(([name, same]) => `  ${same.length} times ${name}`);
  const more = repeated.length > shownKeys ? [`  … and ${repeated.length - shownKeys} more`] : [];
  return [`expected ${method} ${pathPrefix} to be sent once each, got ${sent.length} calls:`, ...lines, ...more].join(
    '\n',
  );
}

/** Two calls with one key are the same request; without a key those to one path are. */
function identify({ path, idempotencyKey }: Call): string {
  return idempotencyKey === undefined ? `${path} without an Idempotency-Key` : `${path} with key ${idempotencyKey}`;
}

function describeSent(calls: CallLog): string {
  const counts = Map.groupBy(calls.all, ({ method }) => method);
  if (counts.size === 0) return 'nothing was';
  return `there were ${[...counts].map(([method, all]) => `${all.length} ${method}`).join(', ')}`;
}
