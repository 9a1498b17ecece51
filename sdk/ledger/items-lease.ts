/**
 * A lease as an item.
 *
 *   token     only ever grows; whoever has the current one has the lease
 *   claimId   `ClaimRequest.runId` of the claim that took it: a repeated claim knows its own lease by that
 *   beat      counts heartbeats: what a contender watches
 *   runId     the run that has to be fenced before anybody else goes on. `declared`: the run of who has the lease now;
 *             not declared: the run of who had it before
 *   free      nobody has it, and there is nothing to fence
 *
 * Whether it has expired is never told by a wall clock; `expiresAt` is for the store's housekeeping, far later than any ttl.
 */
import type { Expected, Item, ItemKey, ItemsStore } from './items-store.ts';
import type { ClaimRequest, Lease, Sighting } from './ledger.ts';

export interface StoredLease {
  readonly key: string;
  readonly token: number;
  readonly claimId: string;
  readonly holder: string;
  readonly beat: number;
  readonly ttlMs: number;
  readonly runId: string;
  readonly declared: boolean;
  readonly free: boolean;
}

export function leaseItemKey(key: string): ItemKey {
  return { pk: `lease#${key}`, sk: 'lease' };
}

export class Leases {
  readonly #store: ItemsStore;
  readonly #expiresAt: () => number;

  /** `expiresAt`: when housekeeping may remove what is written now, in epoch seconds. */
  constructor(store: ItemsStore, expiresAt: () => number) {
    this.#store = store;
    this.#expiresAt = expiresAt;
  }

  async find(key: string): Promise<StoredLease | undefined> {
    const item = await this.#store.get(leaseItemKey(key));
    return item === undefined ? undefined : readLease(key, item);
  }

  /** Takes the lease if it is as it was seen. Undefined: it is not. */
  async take(
    key: string,
    seen: StoredLease | undefined,
    { request, token, runId, ttlMs }: { request: ClaimRequest; token: number; runId: string; ttlMs: number },
  ): Promise<StoredLease | undefined> {
    const isHeld = seen !== undefined && !seen.free;
    const lease: StoredLease = {
      key,
      token,
      claimId: request.runId,
      holder: request.holder,
      beat: 0,
      ttlMs,
      runId: isHeld ? seen.runId : runId,
      declared: !isHeld,
      free: false,
    };
    const { key: _, ...attributes } = lease;
    const taken = await this.#store.put(
      { ...leaseItemKey(key), ...attributes, expiresAt: this.#expiresAt() },
      seen === undefined ? 'absent' : { equal: { token: seen.token, beat: seen.beat, free: seen.free } },
    );
    return taken ? lease : undefined;
  }

  /** Says which run this claim is about to write. Undefined: the lease is another's. */
  async declare(lease: StoredLease, runId: string): Promise<StoredLease | undefined> {
    const done = await this.#update(lease, { runId, declared: true });
    return done ? { ...lease, runId, declared: true } : undefined;
  }

  /** Gives it back, if it still is this claim's. */
  async release(lease: Pick<StoredLease, 'key' | 'token'>): Promise<void> {
    await this.#update(lease, { free: true });
  }

  /** False: the lease is another's. */
  beat({ key, fencingToken, runId }: Lease): Promise<boolean> {
    const condition = { equal: { token: fencingToken, runId, free: false } };
    const change = { add: { beat: 1 }, set: { expiresAt: this.#expiresAt() } };
    return this.#store.update(leaseItemKey(key), change, condition);
  }

  #update({ key, token }: Pick<StoredLease, 'key' | 'token'>, set: Record<string, string | boolean>): Promise<boolean> {
    const condition: Expected = { equal: { token, free: false } };
    return this.#store.update(leaseItemKey(key), { set: { ...set, expiresAt: this.#expiresAt() } }, condition);
  }
}

export function sightingOf({ key, token, beat, ttlMs, holder }: StoredLease): Sighting {
  return { leaseKey: key, fencingToken: token, beat, ttlMs, holder };
}

function readLease(key: string, item: Item): StoredLease {
  return {
    key,
    token: Number(item.token),
    claimId: String(item.claimId),
    holder: String(item.holder),
    beat: Number(item.beat),
    ttlMs: Number(item.ttlMs),
    runId: String(item.runId),
    declared: item.declared === true,
    free: item.free === true,
  };
}
