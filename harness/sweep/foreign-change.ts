/**
 * What somebody else does to a record meanwhile: deletes it, or gives it values that another record of its table has, so that
 * they are such as may stand there. Of a table that the job writes, the columns that it writes: those it must not write over.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Json } from '@stint/sdk';
import pg from 'pg';
import { canonicalJson } from '../replay/exact-json.ts';
import { duringTheRun, type Row, type Table, volatile } from '../replay/table.ts';
import { isAt, type RecordPlace } from './record-place.ts';
import type { Reference } from './reference.ts';
import type { World } from './world.ts';
import type { WorldOutcome } from './world-outcome.ts';

export type ForeignChange = { readonly place: RecordPlace } & (
  | { readonly what: 'deleted' }
  | { readonly what: 'changed'; readonly values: Row }
);

const none: Table = { key: [], rows: [] };
const placeholders: ReadonlySet<Json | undefined> = new Set([duringTheRun, volatile]);
const mostChoices = 8;

/** What the record may be changed to, the likeliest first; empty: no other record has other values. */
export function changesOf(place: RecordPlace, { before, outcome }: Reference): readonly ForeignChange[] {
  const [was, is] = [before, outcome].map(({ tables }) => tables[place.store][place.table] ?? none);
  const old = was?.rows.find((row) => isAt(row, place));
  if (old === undefined) return [];
  const now = is?.rows.find((row) => isAt(row, place)) ?? {};
  const donors = [...(is?.rows ?? []), ...(was?.rows ?? [])].filter((row) => !isAt(row, place));
  const keys = new Set([...(was?.key ?? []), ...Object.keys(place.key)]);
  const columns = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((column) => !keys.has(column));
  const differs = (one: Json | undefined, other: Json | undefined) =>
    canonicalJson(one ?? null) !== canonicalJson(other ?? null);
  const written = columns.filter((column) => differs(old[column], now[column]));
  const writtenOfAny = writtenColumns(place, was ?? none, is ?? none).filter((column) => columns.includes(column));
  const chosenFirst = writtenOfAny.length === 0 ? [columns] : [written, writtenOfAny];
  const choices = chosenFirst.flatMap((chosen) =>
    donors.flatMap((donor) => {
      const usable = chosen.filter((column) => column in donor && !placeholders.has(donor[column]));
      const isOther = usable.some(
        (column) => differs(donor[column], old[column]) && differs(donor[column], now[column]),
      );
      return isOther ? [Object.fromEntries(usable.map((column) => [column, donor[column] ?? null]))] : [];
    }),
  );
  const different = new Map(choices.map((values) => [canonicalJson(values), values]));
  return [...different.values()].slice(0, mostChoices).map((values) => ({ place, what: 'changed', values }));
}

/** Columns that the run has changed in any row. */
function writtenColumns({ key }: RecordPlace, was: Table, is: Table): readonly string[] {
  const columns = Object.keys(key);
  const written = is.rows.flatMap((row) => {
    const old = was.rows.find((each) => columns.every((column) => !differs(each[column], row[column])));
    return old === undefined ? [] : Object.keys(row).filter((column) => differs(old[column], row[column]));
  });
  return [...new Set(written)];
}

function differs(one: Json | undefined, other: Json | undefined): boolean {
  return canonicalJson(one ?? null) !== canonicalJson(other ?? null);
}

/** Makes the change in a world. @throws the store's error when it does not take it */
export async function makeChange(world: World, change: ForeignChange): Promise<void> {
  if (change.place.store === 'postgres') await changeRow(world.postgres, change);
  else await changeItem(world, change);
}

/** What it makes of what a run has left. */
export function applyChange(outcome: WorldOutcome, change: ForeignChange): WorldOutcome {
  const { store, table: name } = change.place;
  const table = outcome.tables[store][name] ?? none;
  const rows = table.rows.flatMap((row) => {
    if (!isAt(row, change.place)) return [row];
    return change.what === 'deleted' ? [] : [{ ...row, ...change.values }];
  });
  const tables = { ...outcome.tables[store], [name]: { ...table, rows } };
  return { ...outcome, tables: { ...outcome.tables, [store]: tables } };
}

async function changeRow(client: pg.Client, change: ForeignChange): Promise<void> {
  const table = change.place.table.split('.').map(pg.escapeIdentifier).join('.');
  const values: string[] = [];
  const parameter = (value: string) => `$${values.push(value)}`;
  // PostgreSQL itself turns JSON into its types.
  const record = (row: Row) => `jsonb_populate_record(null::${table}, ${parameter(JSON.stringify(row))}::jsonb)`;
  const names = (row: Row) => Object.keys(row).map(pg.escapeIdentifier);
  const { key } = change.place;
  const key_ = names(key).join(', ');
  const where = `(${key_}) = (select ${key_} from ${record(key)})`;
  if (change.what === 'deleted') {
    checkMade(await client.query(`delete from ${table} where ${where}`, values));
    return;
  }
  const columns = names(change.values).join(', ');
  const sql = `update ${table} set (${columns}) = (select ${columns} from ${record(change.values)}) where ${where}`;
  checkMade(await client.query(sql, values));
}

function checkMade({ rowCount }: pg.QueryResult): void {
  if (rowCount !== 1) throw new Error(`expected one row to be changed, got ${rowCount}`);
}

async function changeItem({ stores: { fork } }: World, change: ForeignChange): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const document = DynamoDBDocumentClient.from(client);
  const { table, key } = change.place;
  const TableName = `${fork.tablePrefix}${table}`;
  try {
    if (change.what === 'deleted') await document.send(new DeleteCommand({ TableName, Key: key }));
    else await document.send(new UpdateCommand({ TableName, Key: key, ...toUpdate(change.values) }));
  } finally {
    client.destroy();
  }
}

function toUpdate(values: Row) {
  const columns = Object.entries(values);
  return {
    UpdateExpression: `set ${columns.map((_, index) => `#c${index} = :v${index}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(columns.map(([name], index) => [`#c${index}`, name])),
    ExpressionAttributeValues: Object.fromEntries(columns.map(([, value], index) => [`:v${index}`, value])),
  };
}
