/** The ledgers of a simulation: what is shared by all processes, each one's way to it, and who looks on. */
import type { Clock } from '../../clock.ts';
import { ItemLedger } from '../../ledger/item-ledger.ts';
import { readRun, runKey } from '../../ledger/items-run.ts';
import type { Change, Condition, Expected, Item, ItemKey, ItemsQuery, ItemsStore } from '../../ledger/items-store.ts';
import type { Checkpoint, Ledger } from '../../ledger/ledger.ts';
import { MemoryLedger } from '../../ledger/memory.ts';
import { MemoryItems } from '../../ledger/testing/memory-items.ts';
import type { Actor } from './actor.ts';
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';

/** A run as it stands in the store after a write. */
export interface SeenRun {
  readonly runId: string;
  readonly job: string;
  readonly part: number;
  readonly token: number;
  readonly status: string;
  readonly checkpoint: Checkpoint | undefined;
}

/** Who looks on. */
export interface Watcher {
  onToken(what: string, token: number): void;
  onRun(run: SeenRun): void;
  /** The attempt with this token has ended its run, for good or for now. */
  onEnd(runId: string, token: number): void;
}

export interface SharedStore {
  /** A look at the ledger that nothing disturbs. */
  readonly clean: Ledger;
  /** A process's own. */
  open(actor: Actor, network: Network, isHolderGone: (holder: string) => Promise<boolean>): Ledger;
}

export function openStore({ ledger, leaseTtlMs, knowsWhoIsGone }: Plan, clock: Clock, watcher: Watcher): SharedStore {
  if (ledger === 'memory') {
    const shared = new MemoryLedger({ clock, leaseTtlMs });
    return { clean: shared, open: (_actor, network) => overNetwork(shared, network, watcher) };
  }
  const items = new WatchedItems(watcher);
  return {
    clean: new ItemLedger(items, { clock, leaseTtlMs }),
    open: (actor, network, isHolderGone) =>
      new ItemLedger(new ItemsOverNetwork(items, actor, network), {
        ...{ clock: actor.process.clock, leaseTtlMs },
        ...(knowsWhoIsGone ? { isHolderGone } : {}),
      }),
  };
}

/** The memory ledger does each call in one step: what is asked of it right after tells what that step did. */
function overNetwork(shared: MemoryLedger, network: Network, watcher: Watcher): Ledger {
  const look = async (runId: string, token: number) => {
    const record = await shared.run(runId);
    if (record === undefined) return;
    watcher.onRun({ ...record, token, part: partOf(record.scope) });
  };
  return {
    claim: (request) =>
      network.call('claim', async () => {
        const claim = await shared.claim(request);
        if (claim.granted) {
          const { key, runId, fencingToken } = claim.lease;
          watcher.onToken(key, fencingToken);
          watcher.onToken(runId, fencingToken);
          await look(runId, fencingToken);
        }
        return claim;
      }),
    heartbeat: (lease) => network.call('heartbeat', () => shared.heartbeat(lease)),
    checkpoint: (lease, save) =>
      network.call(`checkpoint ${save.checkpoint.seq}`, async () => {
        const done = shared.checkpoint(lease, save);
        const seen = look(lease.runId, lease.fencingToken);
        await done;
        await seen;
      }),
    finish: (lease, end) =>
      network.call(`finish ${end.summary.status}`, async () => {
        const done = shared.finish(lease, end);
        const seen = look(lease.runId, lease.fencingToken);
        await done;
        watcher.onEnd(lease.runId, lease.fencingToken);
        await seen;
      }),
    runs: (query) => network.call('runs', () => shared.runs(query)),
    run: (runId) => network.call('run', () => shared.run(runId)),
    failures: (runId, query) => network.call('failures', () => shared.failures(runId, query)),
    series: (runId) => network.call('series', () => shared.series(runId)),
    cancel: (runId, by) => network.call('cancel', () => shared.cancel(runId, by)),
    audit: (entry) => network.call('audit', () => shared.audit(entry)),
    audits: (query) => network.call('audits', () => shared.audits(query)),
    prune: () => network.call('prune', () => shared.prune()),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** One process's way to the items: each operation can go wrong by itself, and the process can die at each. */
class ItemsOverNetwork implements ItemsStore {
  readonly #items: ItemsStore;
  readonly #actor: Actor;
  readonly #network: Network;

  constructor(items: ItemsStore, actor: Actor, network: Network) {
    this.#items = items;
    this.#actor = actor;
    this.#network = network;
  }

  get(key: ItemKey): Promise<Item | undefined> {
    return this.#step('get', key.pk, () => this.#items.get(key));
  }

  put(item: Item, condition?: Condition): Promise<boolean> {
    return this.#step('put', item.pk, () => this.#items.put(item, condition));
  }

  update(key: ItemKey, change: Change, condition: Expected): Promise<boolean> {
    return this.#step('update', key.pk, () => this.#items.update(key, change, condition));
  }

  /** Each item by itself: a batch may be done in part. */
  async putAll(items: readonly Item[]): Promise<void> {
    for (const item of items) await this.#step('put', item.pk, () => this.#items.putAll([item]));
  }

  query(pk: string, query: ItemsQuery): Promise<readonly Item[]> {
    return this.#step('query', pk, () => this.#items.query(pk, query));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #step<TResult>(operation: string, pk: string, fn: () => Promise<TResult>): Promise<TResult> {
    const name = `${operation} ${pk.split('#')[0]}`;
    return this.#actor.step(name, () => this.#network.call(name, fn));
  }
}

/** Items, of which each write of a lease or a run is told. */
class WatchedItems extends MemoryItems {
  readonly #watcher: Watcher;

  constructor(watcher: Watcher) {
    super();
    this.#watcher = watcher;
  }

  override async put(item: Item, condition?: Condition): Promise<boolean> {
    const done = super.put(item, condition);
    const seen = this.#look(item);
    if (!(await done)) return false;
    await seen;
    return true;
  }

  override async update(key: ItemKey, change: Change, condition: Expected): Promise<boolean> {
    const done = super.update(key, change, condition);
    const seen = this.#look(key);
    if (!(await done)) return false;
    await seen;
    return true;
  }

  async #look({ pk, sk }: ItemKey): Promise<void> {
    if (!/^(lease|run)#/.test(pk)) return;
    const item = await super.get({ pk, sk });
    if (item === undefined) return;
    const what = pk.slice(pk.indexOf('#') + 1);
    this.#watcher.onToken(what, Number(item.token));
    const run = pk === runKey(what).pk ? readRun(item) : undefined;
    if (run === undefined) return;
    if (item.ended !== undefined) this.#watcher.onEnd(run.runId, Number(item.ended));
    this.#watcher.onRun({ ...run, part: partOf(run.scope) });
  }
}

export function partOf(scope: unknown): number {
  return Number((scope as { readonly part?: number }).part ?? 0);
}
