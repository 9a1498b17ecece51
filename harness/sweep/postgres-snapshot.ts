/**
 * A database as it is now, and the way back to it: much cheaper than a copy of the database, which costs the server a checkpoint.
 *
 * Guarantees: after `restore` resolves with true, rows, the order in which they lie in their tables, and sequences are as they were, and nobody
 * else is connected. Tables of the ledger have their rows back, in any order; tables and schemas that were made are
 * dropped. Where anything else was made, dropped or altered, or is of a kind that it does not keep (materialized views, large objects), it
 * resolves with false: make another database then.
 * The copies lie in temporary tables of the connection, where nobody else sees them.
 */
import pg from 'pg';
import { endSessions } from './end-sessions.ts';

interface SavedTable {
  readonly name: string;
  readonly copy: string;
  readonly columns: string;
  readonly hash: string;
  readonly isEmpty: boolean;
  readonly isLedgers: boolean;
}

/** Ordinary tables and partitions, with the columns that are not made from others. */
const tablesWithRows = `
  select format('%I.%I', n.nspname, c.relname) as name, n.nspname = 'stint' as is_ledgers,
         string_agg(format('%I', a.attname), ', ' order by a.attnum) as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
   where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
   group by n.nspname, c.relname order by 1`;
const sequences = `
  select format('%I.%I', schemaname, sequencename) as name from pg_sequences where schemaname not like 'pg\\_%' order by 1`;
/** Changes with everything that is made, dropped or altered; what is temporary is its session's. */
const catalog = `
  select md5(concat_ws('/',
    (select string_agg(concat_ws(' ', oid, relname, relkind, relnatts, relchecks, relhastriggers, relrowsecurity), ',' order by oid)
       from pg_class where oid >= 16384 and relnamespace <> 'pg_toast'::regnamespace and relpersistence <> 't'),
    (select concat(count(*), ' ', max(oid)) from pg_attrdef),
    (select concat(count(*), ' ', max(oid)) from pg_constraint),
    (select concat(count(*), ' ', max(oid)) from pg_trigger),
    (select concat(count(*), ' ', max(oid)) from pg_namespace where nspname not like 'pg\\_%'),
    (select concat(count(*), ' ', max(oid)) from pg_proc where pronamespace <> pg_my_temp_schema()),
    (select concat(count(*), ' ', max(oid)) from pg_type where typtype in ('e', 'd')),
    (select count(*) from pg_enum), (select count(*) from pg_largeobject_metadata)))`;
/** What was made since, by the oids of what was there. */
const madeTables = (known: string) => `
  select format('table if exists %I.%I cascade', n.nspname, c.relname) as what from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname not like 'pg\\_%' and c.oid >= 16384 and c.oid <> all (${known})`;
const madeSchemas = (known: string) => `
  select format('schema if exists %I cascade', nspname) as what from pg_namespace
   where nspname not like 'pg\\_%' and oid >= 16384 and oid <> all (${known})`;
const knownOids = `
  select array(select oid::int8 from pg_class where oid >= 16384)::text as tables,
         array(select oid::int8 from pg_namespace where oid >= 16384)::text as schemas`;
const unsupported = `select from pg_class where relkind = 'm' limit 1`;

export class PostgresSnapshot {
  readonly #client: pg.Client;
  readonly #isUsable: boolean;

  private constructor(client: pg.Client, isUsable: boolean) {
    this.#client = client;
    this.#isUsable = isUsable;
  }

  /** Takes it. The client is the snapshot's from now on, and must stay connected. */
  static async take(client: pg.Client): Promise<PostgresSnapshot> {
    const isUsable = (await client.query(unsupported)).rowCount === 0;
    if (isUsable) {
      const { rows: tables } = await client.query<{ name: string; columns: string | null; is_ledgers: boolean }>(
        tablesWithRows,
      );
      const saved: SavedTable[] = [];
      for (const [index, table] of tables.entries()) saved.push(await save(client, table, `pg_temp.saved_${index}`));
      const { rows: named } = await client.query<{ name: string }>(sequences);
      const resets: string[] = [];
      for (const { name } of named) resets.push(await resetOf(client, name));
      const { rows } = await client.query<{ md5: string }>(catalog);
      const { rows: known } = await client.query<{ tables: string; schemas: string }>(knownOids);
      const { tables: ofTables = '{}', schemas: ofSchemas = '{}' } = known[0] ?? {};
      await client.query(
        toFunction(saved, resets, {
          fingerprint: rows[0]?.md5 ?? '',
          made: [madeTables(`'${ofTables}'::int8[]`), madeSchemas(`'${ofSchemas}'::int8[]`)],
        }),
      );
    }
    return new PostgresSnapshot(client, isUsable);
  }

  /** Ends all other sessions and puts everything back; false: it cannot. */
  async restore(): Promise<boolean> {
    if (!this.#isUsable) return false;
    await endSessions(this.#client);
    const { rows } = await this.#client.query<{ restored: boolean }>('select pg_temp.restore() as restored');
    return rows[0]?.restored === true;
  }
}

async function save(
  client: pg.Client,
  { name, columns, is_ledgers }: { name: string; columns: string | null; is_ledgers: boolean },
  copy: string,
): Promise<SavedTable> {
  await client.query(`create table ${copy} as select ${columns ?? ''} from only ${name}`);
  const { rows } = await client.query<{ hash: string | null }>(`select ${hashOf(name)} as hash`);
  const hash = rows[0]?.hash ?? null;
  return {
    name,
    copy,
    columns: columns ?? '',
    isLedgers: is_ledgers,
    isEmpty: hash === null,
    hash: hash === null ? 'null' : pg.escapeLiteral(hash),
  };
}

/** Of its rows in the order in which they lie there; null: it has none. */
function hashOf(table: string): string {
  return `(select md5(string_agg(t::text, E'\\n')) from only ${table} t)`;
}

async function resetOf(client: pg.Client, name: string): Promise<string> {
  const { rows } = await client.query<{ last: string; called: boolean }>(
    `select last_value::text as last, is_called as called from ${name}`,
  );
  return `perform setval(${pg.escapeLiteral(name)}, ${rows[0]?.last ?? 1}, ${rows[0]?.called === true});`;
}

interface SavedCatalog {
  readonly fingerprint: string;
  /** Queries for what to drop. */
  readonly made: readonly string[];
}

function toFunction(
  tables: readonly SavedTable[],
  resets: readonly string[],
  { fingerprint, made }: SavedCatalog,
): string {
  // Where the order says nothing, rows are deleted: to truncate a table costs the server some files.
  const isDeleted = ({ isLedgers, isEmpty }: SavedTable) => isLedgers && isEmpty;
  const truncated = tables.filter((table) => !isDeleted(table));
  const looks = truncated.map(
    ({ name, hash }) =>
      `if ${hashOf(name)} is distinct from ${hash} then changed := array_append(changed, ${pg.escapeLiteral(name)}); end if;`,
  );
  const fills = truncated
    .filter(({ isEmpty }) => !isEmpty)
    .map(
      ({ name, columns, copy }) =>
        `if not exists (select from only ${name}) then
           insert into ${name} (${columns}) overriding system value select ${columns} from ${copy};
         end if;`,
    );
  return `create function pg_temp.restore() returns boolean language plpgsql as $restore$
    declare changed text[] := '{}'; made text;
    begin
      ${made.map((query) => `for made in ${query} loop execute 'drop ' || made; end loop;`).join('\n')}
      if (${catalog}) <> '${fingerprint}' then return false; end if;
      set local session_replication_role = replica;
      ${tables
        .filter(isDeleted)
        .map(({ name }) => `delete from ${name};`)
        .join('\n')}
      ${looks.join('\n')}
      if cardinality(changed) > 0 then
        execute 'truncate ' || array_to_string(changed, ', ') || ' cascade';
        ${fills.join('\n')}
      end if;
      ${resets.join('\n')}
      return true;
    end $restore$`;
}
