/**
 * What a case expects of a replay, in its folder:
 *
 *   summary.json                      the summary, but for what is volatile
 *   expected/postgres/<table>.jsonl   rows of a table that the run changes; a table without a file stays as it was loaded
 *   expected/dynamodb/<table>.jsonl   the same of items
 *   expected/calls.jsonl              requests, with the statuses of their answers
 *
 * Of more than 1,000 lines only number and hash are kept, in a `.json` beside where they would be.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import type { Case } from '../fixture/index.ts';
import { FixtureError, readJsonFile } from '../fixture/index.ts';
import { canonicalJson, parseExact } from './exact-json.ts';
import { readExpectedSummary, summaryFile } from './expected-summary.ts';
import { isChanged, type Outcome, type StoreName, storeNames } from './outcome.ts';
import type { Row } from './table.ts';

/** Rows, or what is kept of many. */
export type ExpectedRows = readonly Row[] | Digest;

export type Digest = z.output<typeof digest>;

export interface Expected {
  readonly summary: Outcome['summary'];
  readonly tables: Readonly<Record<StoreName, Readonly<Record<string, ExpectedRows>>>>;
  readonly calls: ExpectedRows;
}

const digest = z.strictObject({ lines: z.int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const mostLines = 1_000;
const expectedPath = /^(calls|(postgres|dynamodb)[\\/][^\\/]+)\.jsonl?$/;

const folderOf = ({ directory }: Case) => join(directory, 'expected');

/** Undefined: nothing was accepted yet. @throws FixtureError */
export async function readExpected(testCase: Case): Promise<Expected | undefined> {
  const summary = await readExpectedSummary(testCase);
  const folder = folderOf(testCase);
  if (summary === undefined) {
    if (existsSync(folder))
      refuse(
        summaryFile(testCase),
        'expected it beside the folder expected, got none; accept the outcome with --update',
      );
    return undefined;
  }
  await refuseStrayFiles(folder);
  const tables: Record<StoreName, Record<string, ExpectedRows>> = { postgres: {}, dynamodb: {} };
  for (const store of storeNames) {
    const files = existsSync(join(folder, store)) ? await readdir(join(folder, store)) : [];
    for (const table of new Set(files.map((file) => file.replace(/\.jsonl?$/, ''))))
      tables[store][table] = await readRows(join(folder, store, table));
  }
  const hasCalls = existsSync(join(folder, 'calls.jsonl')) || existsSync(join(folder, 'calls.json'));
  return { summary, tables, calls: hasCalls ? await readRows(join(folder, 'calls')) : [] };
}

/** @throws FixtureError for rows of a table that there is not, which could never come */
export function checkTables(testCase: Case, { tables }: Expected, { after }: Outcome): void {
  for (const store of storeNames) {
    for (const [table, rows] of Object.entries(tables[store])) {
      if (after[store][table] !== undefined) continue;
      const file = join(folderOf(testCase), store, `${table}.json${'sha256' in rows ? '' : 'l'}`);
      const names = Object.keys(after[store]).sort().join(', ') || 'none';
      refuse(file, `expected the name of a table (${names}), got "${table}"; correct the name or remove the file`);
    }
  }
}

/** Writes what came as what is expected from now on. When it is cut short, what was expected before stays, or is refused. */
export async function writeExpected(testCase: Case, outcome: Outcome): Promise<void> {
  const folder = folderOf(testCase);
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  for (const store of storeNames) {
    for (const [table, { rows }] of Object.entries(outcome.after[store]))
      if (isChanged(outcome, store, table)) await writeRows(join(fresh, store, table), rows);
  }
  if (outcome.calls.rows.length > 0) await writeRows(join(fresh, 'calls'), outcome.calls.rows);
  await rm(summaryFile(testCase), { force: true });
  await rm(folder, { recursive: true, force: true });
  if (existsSync(fresh)) await rename(fresh, folder);
  await writeFile(summaryFile(testCase), `${JSON.stringify(outcome.summary, null, 2)}\n`);
}

/** What would be kept of these rows. */
export function digestOf(rows: readonly Row[]): Digest {
  const sha256 = createHash('sha256').update(toLines(rows)).digest('hex');
  return { lines: rows.length, sha256 };
}

async function writeRows(path: string, rows: readonly Row[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (rows.length <= mostLines) await writeFile(`${path}.jsonl`, toLines(rows));
  else await writeFile(`${path}.json`, `${JSON.stringify(digestOf(rows), null, 2)}\n`);
}

function toLines(rows: readonly Row[]): string {
  return rows.map((row) => `${canonicalJson(row)}\n`).join('');
}

/** A file that nothing would read is most often one whose name is mistyped. */
async function refuseStrayFiles(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const files = (await readdir(folder, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const paths = files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
  for (const path of paths) {
    if (!expectedPath.test(path))
      refuse(
        join(folder, path),
        'expected calls.jsonl, postgres/<table>.jsonl or dynamodb/<table>.jsonl; rename or remove it',
      );
    if (paths.includes(`${path}l`))
      refuse(join(folder, path), 'expected rows or their hash, got a file of each; remove one');
  }
}

function refuse(file: string, reason: string): never {
  throw new FixtureError('STINT_FIXTURE_FILES', file, undefined, reason);
}

async function readRows(path: string): Promise<ExpectedRows> {
  if (!existsSync(`${path}.jsonl`)) return await readJsonFile(`${path}.json`, digest);
  const file = `${path}.jsonl`;
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.flatMap((line, index) => (line.trim() === '' ? [] : [readRow(line, file, index + 1)]));
}

function readRow(line: string, file: string, at: number): Row {
  try {
    const row = parseExact(line);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Row;
  } catch {
    // Told below, without the line.
  }
  throw new FixtureError(
    'STINT_FIXTURE_NOT_JSON',
    file,
    at,
    'expected one JSON object on the line, got something else; correct it, or accept the outcome anew with --update',
  );
}
