/**
 * Who did what, as items: one an entry, in a partition of their own, by id.
 *
 * Guarantees: an entry is written once, whoever writes it again; a page reads about as many items as it tells, however many
 * there are. Does not guarantee that what is too old is removed: reads pass over it, by the wall clock of whoever reads.
 */
import { type AuditEntry, type AuditQuery, isAuditId, pageOfAudits, toKeptEntry } from './audit.ts';
import type { Records } from './items-records.ts';

const partition = 'audit';

export class AuditItems {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  /** @throws StintError when its id is no ULID */
  async add(entry: AuditEntry): Promise<void> {
    const kept = toKeptEntry(entry);
    const item = { pk: partition, sk: kept.id, entry: JSON.stringify(kept), ...this.#records.stamp() };
    await this.#records.store.put(item, 'absent');
  }

  async list({ before, limit = pageOfAudits }: AuditQuery = {}): Promise<readonly AuditEntry[]> {
    if (before !== undefined && !isAuditId(before)) return [];
    const entries: AuditEntry[] = [];
    let after = before;
    while (entries.length < limit) {
      const pageSize = limit - entries.length;
      const page = await this.#records.store.query(partition, { after, limit: pageSize, reverse: true });
      const kept = page.filter(({ updatedAt }) => !this.#records.isOld({ updatedAt: String(updatedAt) }));
      entries.push(...kept.map(({ entry }) => readEntry(String(entry))));
      if (page.length < pageSize) break;
      after = page.at(-1)?.sk;
    }
    return entries;
  }
}

function readEntry(text: string): AuditEntry {
  const { job, runId, ...entry } = JSON.parse(text) as AuditEntry;
  return { ...entry, job, runId };
}
