/** What the catalogs say of tables: columns, keys, and how they refer to each other. */
import type pg from 'pg';

export interface TableFacts {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `r` table, `p` partitioned, `v` view … */
  readonly kind: string;
  /** Quoted, with its schema. */
  readonly qualified: string;
  /** Those that can be written: no generated ones. */
  readonly columns: readonly string[];
  /** Names of the primary key's columns by their numbers; empty: there is none. */
  readonly key: ReadonlyMap<number, string>;
}

/** A foreign key: columns of `child` that hold a key of `parent`. */
export interface Reference {
  readonly child: number;
  readonly parent: number;
  readonly childColumns: readonly string[];
  readonly parentColumns: readonly string[];
}

interface TableRow extends Omit<TableFacts, 'key'> {
  readonly key: readonly { readonly number: number; readonly name: string }[] | null;
}

const tables = `
  select c.oid::int as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
         format('%I.%I', n.nspname, c.relname) as qualified,
         array(select a.attname::text from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                order by a.attnum) as columns,
         (select json_agg(json_build_object('number', a.attnum, 'name', a.attname) order by a.attnum)
            from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
           where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.oid = any ($1)
   order by n.nspname, c.relname`;

const references = `
  select c.conrelid::int as child, c.confrelid::int as parent,
         array(select a.attname::text from unnest(c.conkey) with ordinality k (n, at)
                 join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.at) as "childColumns",
         array(select a.attname::text from unnest(c.confkey) with ordinality k (n, at)
                 join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.at) as "parentColumns"
    from pg_constraint c
   where c.contype = 'f' and c.conrelid = any ($1) and c.confrelid = any ($1)`;

export async function readTableFacts(client: pg.Client, oids: readonly number[]): Promise<readonly TableFacts[]> {
  const { rows } = await client.query<TableRow>(tables, [oids]);
  return rows.map((row) => ({ ...row, key: new Map((row.key ?? []).map(({ number, name }) => [number, name])) }));
}

/** Foreign keys among these tables. */
export async function readReferences(client: pg.Client, oids: readonly number[]): Promise<readonly Reference[]> {
  const { rows } = await client.query<Reference>(references, [oids]);
  return rows;
}
