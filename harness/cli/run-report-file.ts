/**
 * The report of a run on a case, as `.stint/reports/<run>.html`.
 *
 * Guarantees: it is there whole or not at all, and the newest 50 are kept. Never fails the run that it is about: what keeps
 * it from being written is said.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describeError, type Ledger, readRunReport, recordOfSummary, type Summary } from '@stint/sdk';
import { repositoryRoot } from '../repository.ts';

export interface RunReportFileOptions {
  readonly summary: Summary;
  /** Where the run is recorded. */
  readonly ledger: Ledger;
  /** Hears why there is none. */
  readonly say: (line: string) => void;
  /** @default `.stint/reports` of this repository */
  readonly directory?: string;
}

const mostKept = 50;
// Named by a ULID, so that their names tell which is older. Nothing else there is ours to remove.
const isReport = /^[0-9A-HJKMNP-TV-Z]{26}\.html$/;

/** Resolves with its path as seen from here; undefined: there is none. */
export async function writeRunReport({
  summary,
  ledger,
  say,
  directory = join(repositoryRoot, '.stint/reports'),
}: RunReportFileOptions): Promise<string | undefined> {
  try {
    const record = (await ledger.run(summary.runId)) ?? recordOfSummary(summary);
    const page = await readRunReport(ledger, record);
    const path = join(directory, `${summary.runId}.html`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${path}.new`, page);
    renameSync(`${path}.new`, path);
    removeOld(directory);
    return relative(process.cwd(), path);
  } catch (error) {
    say(`no report was written: ${describeError(error).message}`);
    return undefined;
  }
}

function removeOld(directory: string): void {
  const reports = readdirSync(directory).filter((name) => isReport.test(name));
  // Another run may be removing the same ones.
  for (const name of reports.sort().slice(0, -mostKept)) rmSync(join(directory, name), { force: true });
}
