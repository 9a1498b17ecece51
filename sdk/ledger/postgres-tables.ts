/** The names of a ledger's tables in PostgreSQL, with their schema: nothing depends on a session's search path. */
import pg from 'pg';

export interface Tables {
  readonly jobs: string;
  readonly runs: string;
  readonly scheduled: string;
  readonly failures: string;
  readonly audit: string;
  readonly series: string;
}

export function tablesOf(schema: string): Tables {
  const name = (table: string) => `${pg.escapeIdentifier(schema)}.${table}`;
  return {
    ...{ jobs: name('jobs'), runs: name('runs'), scheduled: name('scheduled'), failures: name('failures') },
    ...{ audit: name('audit'), series: name('series') },
  };
}

/** Text as PostgreSQL can keep it: it has no character 0. Documents need no such care, JSON escapes it. */
export function toText(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
