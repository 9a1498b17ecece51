/** What was recorded of a run, and how it becomes the files of a case: without secrets, and with pseudonyms. */
import type { Json, Summary } from '@stint/sdk';
import { type Exchange, formatHar } from '../http/har.ts';
import { itemLines, tableDefinition } from './dynamodb-files.ts';
import type { DynamodbRecording } from './dynamodb-recorder.ts';
import type { PostgresRecording } from './postgres-recorder.ts';
import type { Redaction } from './redaction.ts';
import type { SecretWords } from './secret-words.ts';

export interface Recording {
  readonly description: string;
  readonly scope: Json;
  /** When the run began; ISO 8601. */
  readonly now: string;
  /** What its summary is to have. */
  readonly expect: Readonly<Record<string, Json>>;
  /** Variables of the job that are no service's URL. */
  readonly env: Readonly<Record<string, string>>;
  /** Base URL by variable. */
  readonly services: Readonly<Record<string, string>>;
  readonly exchanges: readonly Exchange[];
  readonly postgres: PostgresRecording | undefined;
  readonly dynamodb: DynamodbRecording | undefined;
  /** As they were given. */
  readonly redact: readonly string[];
}

/** By their paths in the case's folder. */
export type CaseTexts = Readonly<Record<string, string>>;

/** @throws UsageError when a field to redact is in none of it */
export function caseTexts(recording: Recording, secrets: SecretWords, redaction: Redaction): CaseTexts {
  const { postgres, dynamodb, services } = recording;
  const files: Record<string, string> = {};
  if (postgres?.schema !== undefined) files['postgres/schema.sql'] = postgres.schema;
  for (const [table, rows] of Object.entries(postgres?.rows ?? {}))
    files[`postgres/${table}.jsonl`] = linesOf(rows.map((row) => redaction.row(table, row)));
  for (const [table, recorded] of Object.entries(dynamodb?.tables ?? {})) {
    files[`dynamodb/${table}.json`] = `${JSON.stringify(tableDefinition(table, recorded), null, 2)}\n`;
    const lines = itemLines(recorded).map((line) => redaction.row(table, line));
    if (lines.length > 0) files[`dynamodb/${table}.jsonl`] = linesOf(lines);
  }
  if (Object.keys(services).length > 0) {
    const exchanges = recording.exchanges.map((exchange) => secrets.hideIn(redaction.exchange(exchange)));
    files['http.har'] = formatHar(exchanges);
  }
  redaction.assertAllMet();
  files['case.json'] =
    `${JSON.stringify(caseFile({ ...recording, scope: redaction.scope(recording.scope) }, secrets), null, 2)}\n`;
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, secrets.hide(redaction.text(text))]));
}

function caseFile(
  { description, scope, now, expect, env, services, redact }: Recording,
  { madeUp }: SecretWords,
): Readonly<Record<string, unknown>> {
  // The stores' addresses are given by whoever replays the case, and so are those of services.
  const given = new Set(['DATABASE_URL', ...Object.keys(services)]);
  const secrets = Object.fromEntries(Object.entries(madeUp).filter(([name]) => !given.has(name)));
  return {
    description,
    scope,
    now,
    ...(Object.keys(env).length > 0 && { env }),
    ...(Object.keys(secrets).length > 0 && { secrets }),
    ...(Object.keys(services).length > 0 && { http: services }),
    ...(redact.length > 0 && { redact }),
    expect,
  };
}

/** What is the same each time, in a few lines. */
export function expectationOf({ status, items, skipped, counts, failuresByError }: Summary): Record<string, Json> {
  const { read, succeeded, skipped: skips, failed, quarantined, remaining } = items;
  const named = { skipped, counts, failuresByError };
  return {
    status,
    items: { read, succeeded, skipped: skips, failed, quarantined, remaining },
    ...Object.fromEntries(Object.entries(named).filter(([, of]) => Object.keys(of).length > 0)),
  };
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
