/** For tests only: what can be read of a ledger, and how long it is kept. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Json } from '../../sources/source.ts';
import type { RunsQuery } from '../ledger.ts';
import { formatRedrive } from '../redrive.ts';
import type { OpenStand } from './conformance.ts';
import { claimOf, endOf, failureOf, grantedOf, saveOf, takenOver } from './ledger-samples.ts';

const ttlMs = 60_000;
const dayMs = 24 * 60 * 60 * 1_000;

export function describeReading(openStand: OpenStand): void {
  describe('reading', () => {
    it('tells of a run all that is known of it, through its life', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const scope = { tenant: 't-1', ids: [1, 2] };
      const trigger = { kind: 'schedule', by: 'scheduler', scheduledTime: '2026-01-01T00:00:00.000Z' } as const;
      const redriveOf = formatRedrive({ runId: 'earlier', error: 'E\0', keys: ['a\0', 'ü "1"', '\ud800'] });
      const { lease } = await grantedOf(ledger, { scope, trigger, redriveOf, holder: 'host 7' });
      const begun = await ledger.run(lease.runId);
      expect(begun).to.deep.include({
        runId: lease.runId,
        job: 'test-job',
        scope,
        dryRun: false,
        redriveOf,
      });
      expect(begun).to.deep.include({
        status: 'running',
        attempt: 1,
        holder: 'host 7',
        checkpoint: undefined,
        summary: undefined,
      });
      expect(begun?.trigger).to.deep.equal(trigger);
      expect(begun?.leaseHeld).to.be.oneOf([true, undefined]);
      expect(begun?.finishedAt).to.equal(undefined);
      await ledger.checkpoint(lease, saveOf(4));
      expect((await ledger.run(lease.runId))?.checkpoint).to.deep.equal(saveOf(4).checkpoint);
      await stand.pass(ttlMs + 1_000);
      expect((await ledger.run(lease.runId))?.leaseHeld).to.be.oneOf([false, undefined]);
      const end = endOf(5);
      await ledger.finish(lease, end);
      const over = await ledger.run(lease.runId);
      expect(over).to.deep.include({ status: 'succeeded', summary: end.summary, leaseHeld: undefined });
      for (const time of [over?.startedAt, over?.updatedAt, over?.finishedAt])
        expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(Date.parse(over?.finishedAt ?? '')).to.be.at.least(Date.parse(over?.startedAt ?? ''));
    });

    it('lists runs, the newest first, by job and status, so many as are asked for', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const begun: string[] = [];
      for (const [job, status] of [
        ['a', 'succeeded'],
        ['b', 'failed'],
        ['a', 'interrupted'],
        ['a', 'failed'],
        ['b', 'succeeded'],
      ] as const) {
        const { lease } = await grantedOf(ledger, { job, resume: 'none' });
        await ledger.finish(lease, endOf(1, status));
        begun.unshift(lease.runId);
      }
      const ids = async (...query: Parameters<typeof ledger.runs>) =>
        (await ledger.runs(...query)).map(({ runId }) => runId);
      expect(await ids()).to.deep.equal(begun);
      expect(await ids({ limit: 2 })).to.deep.equal(begun.slice(0, 2));
      expect(await ids({ job: 'a' })).to.deep.equal([begun[1], begun[2], begun[4]]);
      expect(await ids({ status: 'failed' })).to.deep.equal([begun[1], begun[3]]);
      expect(await ids({ job: 'a', status: 'failed', limit: 1 })).to.deep.equal([begun[1]]);
      expect(await ids({ job: 'none' })).to.deep.equal([]);
    });

    it('tells each run once, page after page, of a job and a status too, also when new ones come in between', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const begin = async (job: string, status: 'succeeded' | 'failed') => {
        const { lease } = await grantedOf(ledger, { job, resume: 'none' });
        await ledger.finish(lease, endOf(1, status));
        return { runId: lease.runId, job, status };
      };
      const runs: Awaited<ReturnType<typeof begin>>[] = [];
      for (let n = 0; n < 7; n++)
        runs.unshift(await begin(n % 3 === 0 ? 'b' : 'a', n % 4 === 0 ? 'failed' : 'succeeded'));
      for (const query of [{}, { job: 'a' }, { status: 'succeeded' }, { job: 'a', status: 'succeeded' }] as const) {
        const { job, status }: RunsQuery = query;
        const wanted = runs.filter((run) => (job ?? run.job) === run.job && (status ?? run.status) === run.status);
        const seen: string[] = [];
        // Begins at a run that is not of the job and status that are asked for, as any of them may.
        let before = (await begin('c', 'failed')).runId;
        for (;;) {
          const page = await ledger.runs({ ...query, limit: 3, before });
          seen.push(...page.map(({ runId }) => runId).filter((runId) => runs.some((run) => run.runId === runId)));
          await begin('a', 'succeeded');
          if (page.length < 3) break;
          before = page.at(-1)!.runId;
        }
        expect(seen).to.deep.equal(wanted.map(({ runId }) => runId));
      }
    });

    it('tells of no run before one that is not there', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      await grantedOf(ledger);
      for (const before of ['', 'unknown', '\u0000', 'x'.repeat(10_000)])
        expect(await ledger.runs({ before })).to.deep.equal([]);
    });

    it('knows nothing of a run that is not there, and says so', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      for (const id of ['unknown', '', '\u0000', '\ud800', '𝒳'.repeat(5_000)]) {
        expect(await ledger.run(id)).to.equal(undefined);
        expect(await ledger.failures(id)).to.deep.equal({ items: [], next: undefined });
      }
      expect(await ledger.runs()).to.deep.equal([]);
    });

    it('gives a page or refuses, whatever the place is that a page of failures is asked for after', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      await ledger.finish(lease, endOf(1, 'failed', [failureOf('a')]));
      const text = ['', '\u0000', 'x'.repeat(5_000), '0#0#0', '\ud800'];
      const numbers = [
        0,
        -1,
        1.5,
        1e300,
        [0, 0],
        [-1, -1],
        [1e300, 1],
        [1, 1e300],
        [2 ** 53, 0],
        [1.5, 1],
        [1],
        [1, 2, 3],
      ];
      for (const after of [...text, ...numbers, [text, text], {}, null, true]) {
        const refused = await ledger.failures(lease.runId, { after: after as Json }).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refused !== undefined) expect(refused, JSON.stringify(after)).to.have.property('code', 'STINT_LEDGER_PAGE');
      }
    });

    it('pages through failures without leaving one out or telling one twice, whatever the page', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      const keys = Array.from({ length: 25 }, (_, index) => `key ${index}`);
      await ledger.checkpoint(
        lease,
        saveOf(
          1,
          keys.slice(0, 11).map((key) => failureOf(key)),
        ),
      );
      await ledger.finish(
        lease,
        endOf(
          2,
          'failed',
          keys.slice(11).map((key) => failureOf(key)),
        ),
      );
      for (const limit of [1, 7, 25, 100]) {
        const seen: string[] = [];
        let after: Json | undefined;
        do {
          const page = await ledger.failures(lease.runId, { limit, ...(after === undefined ? {} : { after }) });
          expect(page.items.length).to.be.at.most(limit);
          seen.push(...page.items.map(({ key }) => key));
          after = page.next === undefined ? undefined : (JSON.parse(JSON.stringify(page.next)) as Json);
        } while (after !== undefined);
        expect(seen).to.deep.equal(keys);
      }
    });

    it('picks failures by the name or the code of their error', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      const of = (key: string, name: string, code: string) => failureOf(key, { error: { name, code, message: '' } });
      const failures = [
        of('a', 'HttpError', 'STINT_HTTP_500'),
        of('b', 'HttpError', 'STINT_HTTP_404'),
        of('c', 'Error', ''),
      ];
      await ledger.finish(lease, endOf(1, 'failed', failures));
      const keys = async (error: string) => (await ledger.failures(lease.runId, { error })).items.map(({ key }) => key);
      expect(await keys('HttpError')).to.deep.equal(['a', 'b']);
      expect(await keys('STINT_HTTP_404')).to.deep.equal(['b']);
      expect(await keys('TypeError')).to.deep.equal([]);
      const page = await ledger.failures(lease.runId, { error: 'HttpError', limit: 1 });
      const rest = await ledger.failures(lease.runId, { error: 'HttpError', limit: 1, after: page.next ?? null });
      expect([...page.items, ...rest.items].map(({ key }) => key)).to.deep.equal(['a', 'b']);
    });

    it('keeps runs for as long as it was told after their last sign of life, and those that go on', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ retentionMs: 10 * dayMs, leaseTtlMs: ttlMs });
      const scheduledTime = '2026-01-01T00:00:00.000Z';
      const old = await grantedOf(ledger, { job: 'old', trigger: { kind: 'schedule', scheduledTime } });
      await ledger.finish(old.lease, endOf(1, 'failed', [failureOf('a')]));
      await stand.pass(9 * dayMs);
      await ledger.prune();
      expect(await ledger.run(old.lease.runId)).not.to.equal(undefined);
      const young = await grantedOf(ledger, { job: 'young' });
      await ledger.finish(young.lease, endOf(1));
      await stand.pass(2 * dayMs);
      await ledger.prune();
      expect(await ledger.run(old.lease.runId)).to.equal(undefined);
      expect((await ledger.failures(old.lease.runId)).items).to.deep.equal([]);
      expect((await ledger.runs()).map(({ job }) => job)).to.deep.equal(['young']);
      const again = await ledger.claim(claimOf({ job: 'old', trigger: { kind: 'schedule', scheduledTime } }));
      expect(again.granted, 'its scheduled time is forgotten with it').to.equal(true);
    });

    it('goes on with a run that was interrupted long ago, as long as it is kept', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ retentionMs: 10 * dayMs, leaseTtlMs: ttlMs });
      const { lease } = await grantedOf(ledger);
      await ledger.checkpoint(lease, saveOf(3));
      await stand.pass(9 * dayMs);
      expect(await takenOver(ledger)).to.deep.include({ attempt: 2, checkpoint: saveOf(3).checkpoint });
    });
  });
}
