/**
 * What can go wrong with an effect, and how it is made to.
 *
 * Faults of services are played by their fakes, on real sockets; connections to PostgreSQL are cut by the server itself. What a
 * store cannot be made to do on demand (a conflict, a throttle, an answer of DynamoDB that is lost) is thrown at the door, as its driver would throw it.
 */
import { ProvisionedThroughputExceededException } from '@aws-sdk/client-dynamodb';
import { LedgerError } from '@stint/sdk';
import pg from 'pg';
import type { Fault } from '../fakes/index.ts';
import type { SeenEffect } from './gate.ts';
import { isHousekeeping } from './housekeeping.ts';
import type { World } from './world.ts';

export const httpFaults = {
  '500': { text: 'was answered 500', fault: { kind: 'status', status: 500 } },
  '429': { text: 'was answered 429', fault: { kind: 'throttle', retryAfterSeconds: 1 } },
  timeout: { text: 'was never answered', fault: { kind: 'hang' } },
  reset: { text: 'had its connection reset', fault: { kind: 'reset' } },
  cut: { text: 'had its answer cut off', fault: { kind: 'reset-mid-body' } },
  malformed: { text: 'was answered with a body that is no JSON', fault: { kind: 'malformed-json' } },
  refused: { text: 'was answered 422', fault: { kind: 'status', status: 422 } },
} as const satisfies Record<string, { readonly text: string; readonly fault: Fault }>;

export const storeFaults = {
  lost: 'had its connection lost before it',
  conflict: 'was refused with a conflict (40001)',
  throttled: 'was throttled',
  unacknowledged: 'was done, and its acknowledgement lost',
} as const;

export type HttpFault = keyof typeof httpFaults;
export type StoreFault = keyof typeof storeFaults;
export type FaultName = HttpFault | StoreFault;

const statements: ReadonlySet<string> = new Set([
  'select',
  'with',
  'insert',
  'update',
  'delete',
  'page',
  'commit',
  'merge',
]);

/** The faults that an effect can have. */
export function faultsOf(seen: SeenEffect): readonly FaultName[] {
  const { kind, operation, write } = seen.effect;
  // Of what keeps a store in order only a connection is asked for; nobody waits for what becomes of the rest.
  if (kind === 'sleep' || (isHousekeeping(seen) && operation !== 'connect')) return [];
  if (kind === 'http') return Object.keys(httpFaults) as HttpFault[];
  const isWrite = write && operation !== 'begin';
  return [
    'lost',
    ...(kind === 'postgres' && statements.has(operation) ? (['conflict'] as const) : []),
    ...(kind === 'dynamodb' ? (['throttled'] as const) : []),
    ...(isWrite || operation === 'commit' ? (['unacknowledged'] as const) : []),
  ];
}

export function describeFault(name: FaultName): string {
  return name in httpFaults ? httpFaults[name as HttpFault].text : storeFaults[name as StoreFault];
}

/** Lets the effect happen, and go wrong. @param onNotPlayed told why it could not go wrong as it should */
export async function goWrong(
  name: FaultName,
  world: World,
  { effect }: SeenEffect,
  next: () => Promise<unknown>,
  onNotPlayed: (why: string) => void,
): Promise<unknown> {
  if (name in httpFaults) return goWrongAtFake(name as HttpFault, world, effect.target, next, onNotPlayed);
  switch (name as StoreFault) {
    case 'conflict':
      throw conflict();
    case 'throttled':
      throw new ProvisionedThroughputExceededException({
        message: 'The level of configured provisioned throughput was exceeded',
        $metadata: { httpStatusCode: 400 },
      });
    case 'lost':
      await cutConnectionsOf(effect, world);
      // A pool that has noticed would connect anew, and nothing would be lost.
      throw lost(effect.kind);
    case 'unacknowledged':
      await next();
      await cutConnectionsOf(effect, world);
      throw lost(effect.kind);
  }
}

/** Those to PostgreSQL that the effect goes by, if it does. */
async function cutConnectionsOf({ kind }: SeenEffect['effect'], world: World): Promise<void> {
  if (kind === 'postgres') await world.cutConnections('job');
  else if (kind === 'ledger' && world.ledgerAddress?.kind === 'postgres') await world.cutConnections('ledger');
}

/** The fake that answers at a host; undefined: none does. */
export function fakeAt(world: World, host: string) {
  return Object.values(world.stores.fakes.running).find(({ url }) => new URL(url).host === host);
}

async function goWrongAtFake(
  name: HttpFault,
  world: World,
  host: string,
  next: () => Promise<unknown>,
  onNotPlayed: (why: string) => void,
): Promise<unknown> {
  const fake = fakeAt(world, host);
  if (fake === undefined) {
    onNotPlayed('no fake of the case answers there');
    return next();
  }
  // Requests are let out one by one, so that the first to arrive is this one.
  using armed = fake.fault({ path: '*', times: 1 }, httpFaults[name].fault);
  try {
    return await next();
  } finally {
    if (armed.hits === 0) onNotPlayed('the case has a fault of its own there');
  }
}

function conflict(): Error {
  const message = 'could not serialize access due to concurrent update';
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code: '40001', severity: 'ERROR' });
}

function lost(kind: SeenEffect['effect']['kind']): Error {
  const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  return kind === 'ledger' ? new LedgerError('the connection to the ledger was lost', { cause: error }) : error;
}
