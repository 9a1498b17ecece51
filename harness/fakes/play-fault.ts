/** Plays a fault: makes of what a fake would answer what its client gets. */
import { HttpResponse } from 'msw';
import type { CheckedFault } from './fault.ts';
import { problem } from './problem.ts';

/** How the body of an answer ends: whole, with a reset in its middle, or with the end of the connection there. */
export type BodyEnd = 'whole' | 'reset' | 'closed';

export interface Answer {
  /** `Response.error()`: the connection is reset in place of an answer. */
  readonly response: Response;
  readonly body: Uint8Array;
  readonly end: BodyEnd;
}

export interface FaultyCall {
  /** Waits on the clock of the fake; rejects when the client leaves. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly hang: () => Promise<never>;
  /** Lets the fake answer. */
  readonly next: () => Promise<Response>;
}

export async function answerWith(fault: CheckedFault | undefined, call: FaultyCall): Promise<Answer> {
  const response = await respond(fault, call);
  const body = await response.bytes();
  const isEmpty = response.type === 'error' || body.length === 0;
  switch (fault?.kind) {
    case 'malformed-json':
      // The handler's own would be wrong now; node sends the right one.
      response.headers.delete('content-length');
      return { response, body: breakJson(body), end: 'whole' };
    // Without a body there is no middle of it: its client would take the head for the whole answer.
    case 'reset-mid-body':
      return { response: isEmpty ? HttpResponse.error() : response, body, end: 'reset' };
    case 'truncated':
      return { response: isEmpty ? HttpResponse.error() : response, body, end: 'closed' };
    default:
      return { response, body, end: 'whole' };
  }
}

async function respond(fault: CheckedFault | undefined, { sleep, hang, next }: FaultyCall): Promise<Response> {
  switch (fault?.kind) {
    case 'status':
      return withStatus(fault);
    case 'flapping':
      return problem(fault.status, 'a fault of the fake: it is down for a while');
    case 'throttle':
      return problem(429, 'a fault of the fake: too many requests', { 'retry-after': `${fault.retryAfterSeconds}` });
    case 'reset':
      return HttpResponse.error();
    case 'hang':
      return hang();
    case 'latency':
      await sleep(fault.ms);
      return next();
    default:
      return next();
  }
}

function withStatus({ status, body, headers = {} }: Extract<CheckedFault, { kind: 'status' }>): Response {
  if ([204, 205, 304].includes(status)) return new HttpResponse(null, { status, headers });
  if (body === undefined) return problem(status, 'a fault of the fake', headers);
  if (typeof body === 'string') return new HttpResponse(body, { status, headers });
  return HttpResponse.json(body, { status, headers });
}

/** The first half of the body, behind a brace that nothing closes. */
function breakJson(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('{'), body.subarray(0, Math.ceil(body.length / 2))]);
}
