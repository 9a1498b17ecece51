/**
 * Watches a job from within: which items its handlers were begun for, and what a source is to hand out before they are.
 *
 * The job runs as it is, with the same context but for `each` and `eachBatch`, which note what they are given.
 */
import type { Clock, Context, Job, Source } from '@stint/sdk';
import { workedItems } from './gate.ts';
import type { Reading } from './record-place.ts';

type Each = Context['each'];
type EachBatch = Context['eachBatch'];
/** What a job works through. */
export type Worked<TItem> = Source<TItem> | readonly TItem[];

export interface JobWatch {
  /** Told when a handler is begun, with its items and what they come from: called before it, and awaited. */
  readonly onStart: (keys: readonly string[], values: readonly unknown[], from: WorkedFrom) => Promise<void> | void;
  /** What a loop works through in place of what the job gave it. @default the same */
  readonly replace?: <TItem>(source: Worked<TItem>, clock: Clock) => Worked<TItem>;
}

/** What a loop works through. */
export interface WorkedFrom {
  /** Undefined: a list. */
  readonly source: Source<unknown> | undefined;
  /** Undefined: not known how it is read. */
  readonly reading: Reading | undefined;
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
    const readings = new WeakMap<object, Reading>();
    const from = (worked: object): WorkedFrom => ({
      source: 'segments' in worked ? (worked as Source<unknown>) : undefined,
      reading: readings.get(worked),
    });
    const each: Each = (source, handler, options) =>
      ctx.each(
        replace(source, clock),
        (value, item) =>
          workedItems.run({ keys: [item.key], signal: item.signal }, async () => {
            await onStart([item.key], [value], from(source));
            return handler(value, item);
          }),
        options,
      );
    const eachBatch: EachBatch = (source, handler, options) =>
      ctx.eachBatch(
        replace(source, clock),
        (items, batch) => {
          const keys = items.map(({ key }: Keyed) => key);
          return workedItems.run({ keys, signal: batch.signal }, async () => {
            await onStart(
              keys,
              items.map(({ value }) => value),
              from(source),
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
      postgres: {
        get: () => noting(ctx.postgres, { rows: ({ sql, key }) => ({ store: 'postgres', sql, key }) }, readings),
      },
      dynamo: {
        get: () => {
          const read = ({ table }: { readonly table: string }): Reading => ({ store: 'dynamodb', table });
          return noting(ctx.dynamo, { scan: read, query: read }, readings);
        },
      },
    });
    return job.run(watched);
  };
  return { ...job, run };
}

type Readings = Readonly<Record<string, (options: { sql: string; key: readonly string[]; table: string }) => Reading>>;

/** The same port, but for the sources that it makes: what they read is noted. */
function noting<TPort extends object>(port: TPort, readings: Readings, noted: WeakMap<object, Reading>): TPort {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const toReading = Object.hasOwn(readings, name) ? readings[String(name)] : undefined;
      if (toReading === undefined) return value.bind(target);
      return (options: Parameters<typeof toReading>[0]) => {
        const source: object = value.call(target, options);
        noted.set(source, toReading(options));
        return source;
      };
    },
  });
}
