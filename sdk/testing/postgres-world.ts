/** A private Postgres database with the SDK's port on it, for the SDK's own tests. */
import { testStack } from '../../harness/testing/test-stack.ts';
import { systemClock } from '../clock.ts';
import { type Effect, Effects } from '../effects.ts';
import { PostgresPort } from '../ports/postgres.ts';
import { seededRandom } from '../random.ts';
import type { Cursor, Page, Source } from '../sources/source.ts';

export interface PostgresWorld extends AsyncDisposable {
  readonly postgres: PostgresPort;
  readonly url: string;
  readonly effects: readonly Effect[];
  /** Runs SQL on a connection of its own, never in a dry run. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

export async function openPostgresWorld(setup = '', { dryRun = false } = {}): Promise<PostgresWorld> {
  const stack = new AsyncDisposableStack();
  const fork = stack.use(await testStack().fork());
  const seen: Effect[] = [];
  const port = (dry: boolean, effects: Effects) =>
    new PostgresPort({
      access: { connectionString: fork.postgresUrl },
      effects,
      clock: systemClock,
      random: seededRandom(1),
      dryRun: dry,
      signal: new AbortController().signal,
      applicationName: 'stint test',
      concurrency: 4,
    });
  const own = stack.use(port(false, new Effects()));
  const watching = new Effects([
    async (effect, next) => {
      seen.push(effect);
      return next();
    },
  ]);
  const postgres = stack.use(port(dryRun, watching));
  if (setup !== '') await own.query(setup);
  return {
    postgres,
    url: fork.postgresUrl,
    effects: seen,
    sql: async (text, values) => (await own.query(text, values)).rows,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Everything a source yields after `after`, a page of `pageSize` at a time; cursors have been through JSON. */
export async function readAll<TItem>(
  source: Source<TItem>,
  { pageSize = 10, after }: { pageSize?: number; after?: Cursor } = {},
): Promise<{ items: TItem[]; cursors: Cursor[]; pages: Page<TItem>[] }> {
  const read = { items: [] as TItem[], cursors: [] as Cursor[], pages: [] as Page<TItem>[] };
  for (const segment of source.segments) {
    for await (const page of segment.pages(after, { signal: new AbortController().signal, pageSize: () => pageSize })) {
      read.pages.push(page);
      page.items.forEach((item, index) => {
        read.items.push(item);
        read.cursors.push(JSON.parse(JSON.stringify(page.cursorOf(item, index))));
      });
    }
  }
  return read;
}
