/**
 * Watches a job from within: which items its handlers were begun for, and what a source is to hand out before they are.
 *
 * The job runs as it is, with the same context but for `each` and `eachBatch`, which note what they are given.
 */
import type { Clock, Context, Job, Source } from '@stint/sdk';
import { workedItems } from './gate.ts';

type Each = Context['each'];
type EachBatch = Context['eachBatch'];
/** What a job works through. */
export type Worked<TItem> = Source<TItem> | readonly TItem[];

export interface JobWatch {
  /** Told when a handler is begun, with the keys of its items: called before it, and awaited. */
  readonly onStart: (keys: readonly string[], values: readonly unknown[]) => Promise<void> | void;
  /** What a loop works through in place of what the job gave it. @default the same */
  readonly replace?: <TItem>(source: Worked<TItem>, clock: Clock) => Worked<TItem>;
}

interface Keyed {
  readonly key: string;
}

/** @param clock the attempt's */
export function watchJob<TJob extends Job>(
  job: TJob,
  clock: Clock,
  { onStart, replace = (source) => source }: JobWatch,
): TJob {
  const run: Job['run'] = (ctx) => {
    const times = new Map<string, number>();
    const begin = (keys: readonly string[]) => {
      for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
      return { keys, tries: Math.max(...keys.map((key) => times.get(key) ?? 0)) };
    };
    const each: Each = (source, handler, options) =>
      ctx.each(
        replace(source, clock),
        (value, item) =>
          workedItems.run(begin([item.key]), async () => {
            await onStart([item.key], [value]);
            return handler(value, item);
          }),
        options,
      );
    const eachBatch: EachBatch = (source, handler, options) =>
      ctx.eachBatch(
        replace(source, clock),
        (items, batch) => {
          const keys = items.map(({ key }: Keyed) => key);
          return workedItems.run(begin(keys), async () => {
            await onStart(
              keys,
              items.map(({ value }) => value),
            );
            return handler(items, batch);
          });
        },
        options,
      );
    // Getters of the context, such as `postgres`, are asked only when the job asks.
    const watched = Object.create(ctx, {
      each: { value: each, enumerable: true },
      eachBatch: { value: eachBatch, enumerable: true },
    });
    return job.run(watched);
  };
  return { ...job, run };
}
