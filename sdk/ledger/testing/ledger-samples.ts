/** For tests only: what ledgers are asked and given. */
import { Tally } from '../../loop/tally.ts';
import type { Claim, ClaimRequest, End, FailedItem, Granted, HttpExchange, Ledger, Save } from '../ledger.ts';

let claims = 0;

/** A claim with an id of its own, in the order of their making. */
export function claimOf(overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  claims += 1;
  return {
    job: 'test-job',
    scope: {},
    trigger: { kind: 'test' },
    runId: `01RUN${String(claims).padStart(21, '0')}`,
    exclusive: 'job',
    resume: 'last',
    dryRun: false,
    redriveOf: undefined,
    definition: 'definition',
    holder: 'host 1',
    ...overrides,
  };
}

/** Claims; a lease that the store cannot tell the end of counts as expired. */
export async function claimExpired(ledger: Ledger, request: ClaimRequest): Promise<Claim> {
  const claim = await ledger.claim(request);
  if (claim.granted || claim.sighting === undefined) return claim;
  return ledger.claim({ ...request, expired: claim.sighting });
}

/** Claims, and expects to get it. */
export async function grantedOf(ledger: Ledger, overrides?: Partial<ClaimRequest>): Promise<Granted> {
  return expectGranted(await ledger.claim(claimOf(overrides)));
}

/** The same, when the lease that is in the way has expired. */
export async function takenOver(ledger: Ledger, overrides?: Partial<ClaimRequest>): Promise<Granted> {
  return expectGranted(await claimExpired(ledger, claimOf(overrides)));
}

function expectGranted(claim: Claim): Granted {
  if (!claim.granted) throw new Error(`expected the claim to be granted, got ${claim.reason} by ${claim.runId}`);
  return claim;
}

export function saveOf(seq: number, failures: readonly FailedItem[] = []): Save {
  const tally = new Tally();
  tally.succeeded = seq;
  return {
    checkpoint: {
      seq,
      loops: {
        'loop-1': { cursors: [{ after: [String(seq)] }, null], fingerprint: 'f', done: false, suspects: [70, 70] },
      },
      tally: tally.toJSON(),
      beyond: 2,
      replayed: { known: 1, atMost: 3 },
      mark: { loop: 'loop-1', key: `key ${seq}` },
      suspicious: true,
    },
    failures,
  };
}

export function endOf(
  seq: number,
  status: 'succeeded' | 'failed' | 'interrupted' | 'cancelled' = 'succeeded',
  failures: readonly FailedItem[] = [],
): End {
  // Kept as it is: only its status means something to a ledger.
  const summary = { status, job: 'test-job', scope: { 'nested ü': [1, null, 'x'] } } as unknown as End['summary'];
  return { ...saveOf(seq, failures), summary, resumable: status === 'interrupted' };
}

export function failureOf(key: string, overrides: Partial<FailedItem> = {}): FailedItem {
  return {
    loop: 'loop-1',
    key,
    cursor: { after: [key] },
    outcome: 'failed',
    error: { name: 'HttpError', code: 'STINT_HTTP_500', message: 'expected a 2xx answer' },
    attempts: 4,
    failedAt: '2026-01-01T00:00:00.000Z',
    exchanges: [],
    ...overrides,
  };
}

/** An exchange with a body of so many characters. */
export function exchangeOf(characters: number): HttpExchange {
  return {
    method: 'POST',
    url: 'https://api.test/charges',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 12.5,
    requestHeaders: { accept: 'application/json' },
    requestBody: '{}',
    status: 500,
    responseHeaders: {},
    responseBody: 'x'.repeat(characters),
    error: null,
  };
}
