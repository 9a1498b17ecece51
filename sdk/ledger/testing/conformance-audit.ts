/** For tests only: what a ledger keeps of who did what. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ulid } from 'ulid';
import { StintError } from '../../errors.ts';
import type { AuditEntry, Ledger } from '../../index.ts';
import type { OpenStand } from './conformance.ts';

const dayMs = 24 * 60 * 60 * 1_000;
const nowMs = Date.parse('2026-01-01T00:00:00.000Z');

/** The n-th entry: one a second. */
function entryOf(n: number, overrides: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: ulid(nowMs + n * 1_000),
    at: new Date(nowMs + n * 1_000).toISOString(),
    by: 'ada',
    action: 'run.start',
    job: 'test-job',
    runId: `run ${n}`,
    detail: { scope: { n } },
    ...overrides,
  };
}

/** Kept in an order that is not that of their ids. */
async function keep(ledger: Ledger, entries: readonly AuditEntry[]): Promise<void> {
  const [first, ...rest] = entries;
  for (const entry of rest) await ledger.audit(entry);
  if (first !== undefined) await ledger.audit(first);
}

async function expectRefused(promise: Promise<unknown>): Promise<void> {
  const error: unknown = await promise.then(
    () => expect.fail('expected a rejection'),
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(StintError).and.have.property('code', 'STINT_LEDGER_AUDIT');
}

export function describeAudit(openStand: OpenStand): void {
  describe('audit', () => {
    it('tells who did what whole, the newest first by its id, however many are asked for', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      expect(await ledger.audits()).to.deep.equal([]);
      const nothing = { job: undefined, runId: undefined, detail: null };
      const entries = [entryOf(1), entryOf(2, nothing), entryOf(3, { detail: ['ü', 1.5, { a: [true] }] })];
      await keep(ledger, entries);
      expect(await (await stand.open()).audits()).to.deep.equal([...entries].reverse());
      expect(await ledger.audits({ limit: 2 })).to.deep.equal([entries[2], entries[1]]);
    });

    it('tells each entry once, page after page, also when new ones come in between', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const entries = Array.from({ length: 7 }, (_, n) => entryOf(n));
      await keep(ledger, entries);
      const seen: string[] = [];
      for (let page = await ledger.audits({ limit: 3 }); page.length > 0; ) {
        seen.push(...page.map(({ id }) => id));
        await ledger.audit(entryOf(100 + seen.length));
        page = await ledger.audits({ limit: 3, before: page.at(-1)!.id });
      }
      expect(seen).to.deep.equal(entries.map(({ id }) => id).reverse());
      expect((await ledger.audits({ before: ulid(nowMs + 4_500) })).map(({ runId }) => runId)).to.deep.equal(
        [4, 3, 2, 1, 0].map((n) => `run ${n}`),
      );
      for (const before of ['', 'zzz', '\u0000', 'x'.repeat(5_000)])
        expect(await ledger.audits({ before }), before).to.deep.equal([]);
    });

    it('keeps the first of two entries with the same id', async () => {
      await using stand = await openStand();
      const [one, other] = [await stand.open(), await stand.open()];
      const entry = entryOf(1);
      await one.audit(entry);
      await other.audit({ ...entry, by: 'eve' });
      expect(await one.audits()).to.deep.equal([entry]);
    });

    it('keeps nothing whose id is no ULID', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      for (const id of ['', '1', ulid().toLowerCase()]) await expectRefused(ledger.audit(entryOf(1, { id })));
      expect(await ledger.audits()).to.deep.equal([]);
    });

    it('keeps the beginning of a detail that is too long', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const [fits, long] = [{ text: 'x'.repeat(15_900) }, { text: 'ü'.repeat(500_000) }];
      await keep(ledger, [entryOf(1, { detail: fits }), entryOf(2, { detail: long })]);
      const [second, first] = await ledger.audits();
      expect(first?.detail).to.deep.equal(fits);
      const text = JSON.stringify(long);
      expect(second?.detail).to.deep.equal({ cut: text.slice(0, 2_000), bytes: Buffer.byteLength(text) });
    });

    it('takes any text there is', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const odd = ['a\u0000b', '\ud800', '\'"\\', '', '__proto__'];
      const entries = odd.map((text, n) =>
        entryOf(n, { by: text, action: text, job: text, detail: { [`${text}`]: text } }),
      );
      await keep(ledger, entries);
      const details = (await ledger.audits()).map(({ detail }) => detail);
      expect(details).to.deep.equal(entries.map(({ detail }) => detail).reverse());
    });

    it('keeps entries for as long as it was told since they came in, whatever time they tell', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ retentionMs: 10 * dayMs });
      const [old, young] = [entryOf(2), entryOf(1)];
      await ledger.audit(old);
      await stand.pass(9 * dayMs);
      await ledger.prune();
      expect(await ledger.audits()).to.deep.equal([old]);
      await ledger.audit(young);
      await stand.pass(2 * dayMs);
      await ledger.prune();
      expect(await ledger.audits({ limit: 1 })).to.deep.equal([young]);
    });
  });
}
