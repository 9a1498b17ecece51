import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LeaseLostError, RunOverError, UnknownRunError } from '../errors.ts';
import { classifyError } from '../pace/classify.ts';
import {
  claimOf,
  endOf,
  failureOf,
  granted,
  openPostgresStand,
  type PostgresStand,
  saveOf,
} from '../testing/postgres-ledger-stand.ts';
import type { ClaimRequest } from './ledger.ts';

const ttlMs = 60_000;

/** Waits until so many sessions wait for a lock. */
async function waiting(stand: PostgresStand, count = 1): Promise<void> {
  const blocked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await stand.sql(blocked)).length < count);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

describe('ledger/postgres', () => {
  describe('writes that land late', () => {
    it('never lets an older checkpoint replace a newer one, nor its failures stay', async () => {
      await using stand = await openPostgresStand();
      const slow = stand.open({ statementTimeoutMs: 1_000 });
      const ledger = stand.open();
      const { lease } = await granted(ledger);
      await ledger.checkpoint(lease, saveOf(1, [failureOf('a')]));
      const blocker = await stand.connect();
      await blocker.query('begin');
      await blocker.query('select from stint.runs where run_id = $1 for update', [lease.runId]);
      const error = await rejection(slow.checkpoint(lease, saveOf(2, [failureOf('late')])));
      expect(classifyError(error).class).to.equal('transient');
      // The server still has it, behind the lock. A newer one gets past it: the session that holds the lock saves it.
      await waiting(stand);
      await blocker.query(
        `update stint.runs set checkpoint = '${JSON.stringify(saveOf(3).checkpoint)}', checkpoint_seq = 3 where run_id = $1`,
        [lease.runId],
      );
      await blocker.query('commit');
      await ledger.heartbeat(lease);
      expect((await ledger.run(lease.runId))?.checkpoint?.seq).to.equal(3);
      expect((await ledger.failures(lease.runId)).items.map(({ key }) => key)).to.deep.equal(['a']);
    });

    it('answers a checkpoint that comes again after a newer one without an error, and changes nothing', async () => {
      await using stand = await openPostgresStand();
      const ledger = stand.open();
      const { lease } = await granted(ledger);
      await ledger.checkpoint(lease, saveOf(2, [failureOf('a')]));
      await ledger.checkpoint(lease, saveOf(1, [failureOf('b')]));
      await ledger.checkpoint(lease, saveOf(2, [failureOf('a')]));
      expect((await ledger.run(lease.runId))?.checkpoint).to.deep.equal(saveOf(2, [failureOf('a')]).checkpoint);
      expect((await ledger.failures(lease.runId)).items).to.deep.equal([failureOf('a')]);
    });

    for (const first of ['claim', 'checkpoint'] as const) {
      it(`saves a checkpoint whole or not at all when a takeover comes at the same moment, the ${first} first`, async () => {
        await using stand = await openPostgresStand();
        const [before, after] = [stand.open(), stand.open()];
        const { lease } = await granted(before);
        await before.checkpoint(lease, saveOf(1));
        await after.runs();
        await stand.pass(ttlMs + 1);
        const blocker = await stand.connect();
        await blocker.query('begin');
        await blocker.query('select from stint.runs where run_id = $1 for update', [lease.runId]);
        const calls = {
          claim: () => after.claim(claimOf()),
          checkpoint: () =>
            before.checkpoint(lease, saveOf(2, [failureOf('a')])).then(
              () => 'saved',
              (error: unknown) => error,
            ),
        };
        const running = {
          claim: undefined as ReturnType<typeof calls.claim> | undefined,
          checkpoint: undefined as unknown,
        };
        const order = first === 'claim' ? (['claim', 'checkpoint'] as const) : (['checkpoint', 'claim'] as const);
        for (const [index, name] of order.entries()) {
          Object.assign(running, { [name]: calls[name]() });
          await waiting(stand, index + 1);
        }
        await blocker.query('commit');
        const claim = await running.claim;
        const isSaved = first === 'checkpoint';
        if (isSaved) expect(await running.checkpoint).to.equal('saved');
        else expect(await running.checkpoint).to.be.instanceOf(LeaseLostError);
        expect(claim).to.deep.include({
          granted: true,
          attempt: 2,
          checkpoint: saveOf(isSaved ? 2 : 1, isSaved ? [failureOf('a')] : []).checkpoint,
        });
        expect((await after.failures(lease.runId)).items).to.have.length(isSaved ? 1 : 0);
        expect(await rejection(before.checkpoint(lease, saveOf(3)))).to.be.instanceOf(LeaseLostError);
      });
    }

    it('refuses each write of a holder that was fenced while the write waited', async () => {
      await using stand = await openPostgresStand();
      const [before, after] = [stand.open(), stand.open()];
      for (const write of ['heartbeat', 'checkpoint', 'finish'] as const) {
        const { lease } = await granted(before, { resume: 'none', job: write });
        const call = {
          heartbeat: () => before.heartbeat(lease),
          checkpoint: () => before.checkpoint(lease, saveOf(1, [failureOf('late')])),
          finish: () => before.finish(lease, endOf(1, 'succeeded', [failureOf('late')])),
        }[write];
        await stand.pass(ttlMs + 1);
        const blocker = await stand.connect();
        await blocker.query('begin');
        // The row as a takeover leaves it, not yet committed.
        await blocker.query(`update stint.runs set token = token + 1 where run_id = $1`, [lease.runId]);
        const writing = rejection(call());
        await waiting(stand);
        await blocker.query('commit');
        expect(await writing, write).to.be.instanceOf(LeaseLostError);
        expect(await after.run(lease.runId)).to.include({ status: 'running', checkpoint: undefined });
        expect((await after.failures(lease.runId)).items).to.deep.equal([]);
      }
    });

    it('does not take a lease over that is renewed while the claim waits for the row', async () => {
      await using stand = await openPostgresStand();
      const [before, after] = [stand.open(), stand.open()];
      const { lease } = await granted(before);
      await stand.pass(ttlMs + 1);
      const blocker = await stand.connect();
      await blocker.query('begin');
      await blocker.query(`update stint.runs set lease_until = clock_timestamp() + interval '1 minute'`);
      const claiming = after.claim(claimOf());
      await waiting(stand);
      await blocker.query('commit');
      expect(await claiming).to.deep.equal({
        granted: false,
        reason: 'overlap',
        runId: lease.runId,
        sighting: undefined,
      });
      await before.heartbeat(lease);
    });
  });

  describe('claims at the same moment', () => {
    const cases: Record<string, { requests: (index: number) => Partial<ClaimRequest>; granted: number }> = {
      'of one job grant one': { requests: () => ({}), granted: 1 },
      'of one scope grant one a scope': {
        requests: (index) => ({ exclusive: 'scope', scope: { part: index % 3 } }),
        granted: 3,
      },
      'that exclude nothing grant all': { requests: () => ({ exclusive: 'nothing', resume: 'none' }), granted: 12 },
      'of one scheduled time grant one': {
        requests: () => ({
          exclusive: 'nothing',
          resume: 'none',
          trigger: { kind: 'schedule', scheduledTime: '2026-01-01T00:00:00Z' },
        }),
        granted: 1,
      },
      'that are one claim, repeated, grant one run': { requests: () => ({ runId: 'same' }), granted: 12 },
    };
    for (const [name, { requests, granted: expected }] of Object.entries(cases)) {
      it(name, async () => {
        await using stand = await openPostgresStand();
        const ledgers = Array.from({ length: 4 }, () => stand.open());
        const claims = await Promise.all(
          Array.from({ length: 12 }, (_, index) => ledgers[index % 4]!.claim(claimOf(requests(index)))),
        );
        const won = claims.filter((claim) => claim.granted);
        expect(won).to.have.length(expected);
        const runs = await stand.sql('select run_id from stint.runs');
        expect(runs).to.have.length(new Set(won.map(({ lease }) => lease.runId)).size);
        const tokens = new Set(won.map(({ lease }) => lease.fencingToken));
        expect(tokens.size).to.equal(runs.length);
      });
    }

    it('of an expired lease grant one, which goes on with the run', async () => {
      await using stand = await openPostgresStand();
      const ledgers = Array.from({ length: 4 }, () => stand.open());
      const { lease } = await granted(ledgers[0]!);
      await stand.pass(ttlMs + 1);
      const claims = await Promise.all(ledgers.map((ledger) => ledger.claim(claimOf())));
      const won = claims.filter((claim) => claim.granted);
      expect(won).to.have.length(1);
      expect(won[0]).to.include({ attempt: 2, recovered: true });
      expect(won[0]!.lease.runId).to.equal(lease.runId);
      expect(won[0]!.lease.fencingToken).to.be.above(lease.fencingToken);
    });
  });

  it('keeps tokens growing when all runs of a job were pruned', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open({ retentionMs: 1_000 });
    const { lease } = await granted(ledger, { trigger: { kind: 'schedule', scheduledTime: '2026-01-01T00:00:00Z' } });
    await ledger.finish(lease, endOf(1, 'succeeded', [failureOf('a')]));
    await stand.pass(2_000);
    await ledger.prune();
    for (const table of ['runs', 'scheduled', 'failures']) {
      expect(await stand.sql(`select from stint.${table}`), table).to.deep.equal([]);
    }
    expect((await granted(ledger)).lease.fencingToken).to.be.above(lease.fencingToken);
  });

  it('prunes more runs than go into one statement, and none that is held', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open({ retentionMs: 30 * ttlMs });
    const { lease } = await granted(ledger);
    const copied = 'identity, first_token, scope, trigger, dry_run, definition, claim_id, holder, ttl_ms';
    await stand.sql(
      `insert into stint.runs (run_id, job, lease_key, status, ${copied})
       select 'old-' || number, 'old', 'old', 'succeeded', ${copied} from stint.runs, generate_series(1, 250) as number`,
    );
    await stand.pass(31 * ttlMs);
    await stand.sql(`update stint.runs set lease_until = clock_timestamp() + interval '1 minute' where run_id = $1`, [
      lease.runId,
    ]);
    await ledger.prune();
    expect(await stand.sql('select run_id from stint.runs')).to.deep.equal([{ run_id: lease.runId }]);
  });

  it('keeps what PostgreSQL has no character for', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open();
    const odd = 'a\0b \ud800 ü 😀 \\ " \' {}';
    const failure = {
      ...failureOf(odd, { name: odd, code: odd, message: odd }),
      cursor: { [odd]: [odd, null, 1e300] },
    };
    const request = claimOf({ scope: { [odd]: odd }, holder: odd, trigger: { kind: 'manual', by: odd } });
    const { lease } = await granted(ledger, request);
    const save = saveOf(1, [failure]);
    const checkpoint = {
      ...save.checkpoint,
      loops: { [odd]: { cursors: [odd, null], fingerprint: odd, done: false, suspects: [] } },
    };
    await ledger.checkpoint(lease, { ...save, checkpoint });
    await ledger.cancel(lease.runId, odd);
    const run = await ledger.run(lease.runId);
    expect(run?.scope).to.deep.equal({ [odd]: odd });
    expect(run?.trigger.by).to.equal(odd);
    expect(run?.checkpoint).to.deep.equal(checkpoint);
    expect((await ledger.failures(lease.runId, { error: odd })).items).to.deep.equal([failure]);
    expect(await ledger.run(odd)).to.equal(undefined);
    expect((await ledger.failures(odd)).items).to.deep.equal([]);
    expect(await rejection(ledger.cancel(odd, odd))).to.be.instanceOf(UnknownRunError);
  });

  it('gives a thousand failures of one checkpoint back in their order, page by page', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open();
    const { lease } = await granted(ledger);
    const failures = Array.from({ length: 1_000 }, (_, index) => failureOf(`${index}`, { code: `C${index % 2}` }));
    await ledger.checkpoint(lease, saveOf(1, failures.slice(0, 900)));
    await ledger.finish(lease, endOf(2, 'succeeded', failures.slice(900)));
    const read: string[] = [];
    let page = await ledger.failures(lease.runId, { limit: 300 });
    for (;;) {
      read.push(...page.items.map(({ key }) => key));
      if (page.next === undefined) break;
      page = await ledger.failures(lease.runId, { limit: 300, after: page.next });
    }
    expect(read).to.deep.equal(failures.map(({ key }) => key));
    expect((await ledger.failures(lease.runId, { error: 'C1', limit: 500 })).next).to.equal(undefined);
    const error = await rejection(ledger.failures(lease.runId, { after: 'elsewhere' }));
    expect(error).to.have.property('code', 'STINT_LEDGER_PAGE');
  });

  it('keeps the end of a run that was asked for, also when the claim that finds it is refused', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open();
    const { lease } = await granted(ledger);
    await ledger.cancel(lease.runId, 'somebody');
    await stand.pass(ttlMs + 1);
    const error = await rejection(ledger.claim(claimOf({ resume: { runId: lease.runId } })));
    expect(error).to.be.instanceOf(RunOverError);
    expect(await ledger.run(lease.runId)).to.include({ status: 'cancelled', cancelledBy: 'somebody' });
    expect(await rejection(ledger.finish(lease, endOf(1, 'succeeded')))).to.be.instanceOf(LeaseLostError);
  });

  it('does not go on with a run of another job, nor with a dry one', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open();
    const [other, dry] = [await granted(ledger, { job: 'other' }), await granted(ledger, { dryRun: true })];
    await ledger.finish(other.lease, endOf(1, 'interrupted'));
    await ledger.finish(dry.lease, endOf(1, 'interrupted'));
    for (const { lease } of [other, dry]) {
      const error = await rejection(ledger.claim(claimOf({ resume: { runId: lease.runId } })));
      expect(error).to.be.instanceOf(UnknownRunError);
    }
  });
});
