/** Who did what, as the ledger in memory keeps it. */
import { type AuditEntry, type AuditQuery, isAuditId, pageOfAudits, toKeptEntry } from './audit.ts';
import { clone } from './memory-run.ts';

export class MemoryAudit {
  readonly #entries = new Map<string, { readonly entry: AuditEntry; readonly keptAtMs: number }>();

  /** @throws StintError when its id is no ULID */
  add(entry: AuditEntry, nowMs: number): void {
    const kept = toKeptEntry(entry);
    if (this.#entries.has(kept.id)) return;
    this.#entries.set(kept.id, { entry: { ...kept, detail: clone(kept.detail) }, keptAtMs: nowMs });
  }

  list({ before, limit = pageOfAudits }: AuditQuery = {}): readonly AuditEntry[] {
    if (before !== undefined && !isAuditId(before)) return [];
    return [...this.#entries.values()]
      .map(({ entry }) => entry)
      .filter(({ id }) => before === undefined || id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit)
      .map((entry) => ({ ...entry, detail: clone(entry.detail) }));
  }

  prune(untilMs: number): void {
    for (const [id, { keptAtMs }] of this.#entries) if (keptAtMs <= untilMs) this.#entries.delete(id);
  }
}
