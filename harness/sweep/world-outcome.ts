/** What runs have left in a world: rows, items, the books of its fakes, and what was written to them from outside. */
import type { CallLog } from '../fakes/index.ts';
import type { StoreName, Tables } from '../replay/outcome.ts';
import { readDynamodbTables } from '../replay/read-dynamodb.ts';
import { type Moments, readPostgresTables, type Span, serverTime } from '../replay/read-postgres.ts';
import { isLedgerTable } from './site.ts';
import type { World } from './world.ts';

export interface WorldOutcome {
  readonly tables: Readonly<Record<StoreName, Tables>>;
  /** By the variable that holds the fake's URL. */
  readonly books: Readonly<Record<string, unknown>>;
  /** Requests that change something, by `<variable> POST /charges`. */
  readonly writes: Readonly<Record<string, Writes>>;
}

/** Writes of one kind that reached a fake. */
export interface Writes {
  readonly count: number;
  /** How many different idempotency keys they had. */
  readonly keys: number;
  readonly withoutKey: number;
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** When a world began, by its clocks. */
export interface Beginning {
  readonly server: Date;
  readonly virtual: Date;
}

export async function noteBeginning({ postgres, time, testCase }: World): Promise<Beginning> {
  return { server: await serverTime(postgres), virtual: testCase.now ?? new Date(time.clock.now()) };
}

export async function takeOutcome(world: World, { server, virtual }: Beginning): Promise<WorldOutcome> {
  const { postgres, stores, testCase } = world;
  const spans: Span[] = [
    { from: server, until: await serverTime(postgres) },
    { from: virtual, until: new Date(virtual.getTime() + world.time.clock.elapsedMs) },
  ];
  const moments: Moments = { spans, volatile: testCase.volatile };
  const dynamodb = await readDynamodbTables(stores.fork, moments);
  const fakes = Object.entries(stores.fakes.running);
  return {
    tables: {
      postgres: await readPostgresTables(postgres, moments),
      dynamodb: Object.fromEntries(Object.entries(dynamodb).filter(([table]) => !isLedgerTable(table))),
    },
    books: Object.fromEntries(fakes.map(([variable, { books }]) => [variable, structuredClone(books)])),
    writes: Object.assign({}, ...fakes.map(([variable, { calls }]) => countWrites(variable, calls))),
  };
}

function countWrites(variable: string, { all }: CallLog): Readonly<Record<string, Writes>> {
  // What was refused was not done.
  const isRefused = (status = 0) => status >= 400 && status < 500;
  const writes = all.filter(({ method, status }) => !reading.has(method) && !isRefused(status));
  const groups = Map.groupBy(writes, ({ method, path }) => `${variable} ${method} ${path}`);
  const counted = [...groups].map(([name, group]): [string, Writes] => {
    const keys = group.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
    return [name, { count: group.length, keys: new Set(keys).size, withoutKey: group.length - keys.length }];
  });
  return Object.fromEntries(counted);
}
