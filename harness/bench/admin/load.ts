/**
 * The clients, as a process of their own: what they cost is not the server's. Told what to do once, by its parent; says `watching` when
 * every watcher has had an event, then what came of it, and ends.
 */
import { type PacedReads, type ReadFigures, readPaced } from './paced-reads.ts';
import { type Watcher, watch } from './watcher.ts';

export interface LoadOptions extends PacedReads {
  /** Of the run's events. */
  readonly watchPath: string;
  readonly watchers: number;
}

export interface LoadFigures {
  readonly reads: Record<string, ReadFigures>;
  /** Got while reads went on, by each watcher. */
  readonly events: readonly number[];
  /** Watchers that were cut off. */
  readonly lost: number;
}

export type LoadMessage = { readonly kind: 'watching' } | ({ readonly kind: 'done' } & LoadFigures);

/** Connections that are opened at a time. */
const atOnce = 50;

process.once('message', (options: LoadOptions) => {
  void load(options).then((figures) => {
    process.send?.({ kind: 'done', ...figures } satisfies LoadMessage, () => process.disconnect());
  });
});

async function load(options: LoadOptions): Promise<LoadFigures> {
  const { url, token, watchPath, watchers: count } = options;
  using opened = new DisposableStack();
  const watchers: Watcher[] = [];
  while (watchers.length < count) {
    const some = Array.from({ length: Math.min(atOnce, count - watchers.length) }, () =>
      opened.use(watch(`${url}${watchPath}`, token)),
    );
    watchers.push(...some);
    await Promise.all(some.map(({ watching }) => watching));
  }
  process.send?.({ kind: 'watching' } satisfies LoadMessage);
  const before = watchers.map(({ events }) => events);
  const reads = await readPaced(options);
  return {
    reads,
    events: watchers.map(({ events }, index) => events - (before[index] ?? 0)),
    lost: watchers.filter(({ isOver }) => isOver).length,
  };
}
