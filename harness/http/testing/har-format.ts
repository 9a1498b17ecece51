/** HAR 1.2 as its JSON schema says it (npm's har-schema), and what a browser's developer tools want besides. */
import { createRequire } from 'node:module';
import { z } from 'zod';

interface Schema {
  readonly [keyword: string]: unknown;
}

const schemas: Readonly<Record<string, Schema>> = createRequire(import.meta.url)('har-schema');
const har12 = z.fromJSONSchema(inlined(schemas.har ?? {}) as Parameters<typeof z.fromJSONSchema>[0]);

/** @throws Error with what does not fit, and where */
export function assertHar(text: string): void {
  const parsed = har12.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`expected HAR 1.2:\n${z.prettifyError(parsed.error)}`);
  for (const { time, timings } of (parsed.data as Log).log.entries) {
    const parts = Object.values(timings).filter((ms) => ms > 0);
    const sum = parts.reduce((total, ms) => total + ms, 0);
    if (sum !== time)
      throw new Error(`expected timings that add up to the time of their entry, ${time} ms, got ${sum}`);
  }
}

interface Log {
  readonly log: { readonly entries: readonly { readonly time: number; readonly timings: Record<string, number> }[] };
}

/** In one piece: its parts refer to each other by files. */
function inlined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inlined);
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, $id: _id, $schema: _schema, ...rest } = value as Schema;
  if (typeof $ref === 'string') return inlined(partOf($ref));
  const entries = Object.entries(rest).map(([name, each]): [string, unknown] => [name, inlined(each)]);
  // A schema of properties is none of anything else, even where it forgets to say so.
  const type = typeof rest.properties === 'object' && rest.type === undefined ? { type: 'object' } : {};
  return { ...type, ...Object.fromEntries(entries) };
}

function partOf(file: string): Schema {
  const part = Object.values(schemas).find(({ $id }) => $id === file);
  if (part === undefined) throw new Error(`expected har-schema to have ${file}`);
  return part;
}
