/**
 * What the admin makes of input that nobody should send: it answers, with what the input deserves; it lives, holds no more than before, and has
 * started what it said it had. `STINT_BAD_INPUT_SEED=…` with the seed of the title sends the same again.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { badBytes, unfinished } from './testing/bad-bytes.ts';
import { type BadRequest, badRequests, toWire } from './testing/bad-requests.ts';
import { marker } from './testing/bad-values.ts';
import { type FuzzedAdmin, openFuzzedAdmin } from './testing/fuzzed-admin.ts';
import { judgeAnswer } from './testing/judge-answer.ts';
import { RawConnection } from './testing/raw-client.ts';
import { StartedRuns } from './testing/started-runs.ts';

const seed = Number(process.env.STINT_BAD_INPUT_SEED) || Math.floor(Math.random() * 2 ** 31);
const timeouts = { requestMs: 2_500, headersMs: 1_500, checkEveryMs: 100 };
const mostAtOnce = 50;
const mostMs = 240_000;
const mb = 1_024 * 1_024;
/** Over some eight thousand requests: a quarter of a kilobyte each. */
const allowedGrowthBytes = 2 * mb;
/** What was freed is not given back at once: tens of megabytes come and go with the largest requests. */
const allowedResidentGrowthBytes = 150 * mb;

describe(`admin: bad input (seed ${seed})`, function badInputTests() {
  this.timeout(mostMs);
  let world: FuzzedAdmin;
  let started: StartedRuns;
  let sent = 0;

  async function open(store: 'postgres' | 'dynamodb'): Promise<void> {
    world = await openFuzzedAdmin({ timeouts, store });
    started = new StartedRuns(world.runs);
  }

  async function ask(request: BadRequest): Promise<void> {
    const isHead = request.method === 'HEAD';
    const answer = await world.client.ask(toWire(request, world.credentials), isHead);
    sent += 1;
    // Cut off in the middle of what nobody reads, it may miss why.
    if (answer === undefined && (request.body?.length ?? 0) > 200_000) return;
    if (answer === undefined) throw new Error('expected an answer, got the end of the connection');
    judgeAnswer(answer, { isHead });
    started.note(request, answer);
  }

  /** As many as there are in a batch at the same time, one batch after the other. */
  async function sendAll<TItem>(items: fc.Arbitrary<TItem>, batches: number, send: (item: TItem) => Promise<void>) {
    const batch = fc.array(items, { minLength: 1, maxLength: mostAtOnce, size: 'max' });
    await fc.assert(
      fc.asyncProperty(batch, async (several) => {
        await Promise.all(several.map(send));
        expect(world.admin.isAlive, 'whether the admin lives').to.equal(true);
        expect(world.admin.errors.splice(0).join('\n'), 'what it logs as defects of its own').to.equal('');
      }),
      { seed: seed + sent, numRuns: batches, interruptAfterTimeLimit: mostMs - 10_000, markInterruptAsFailure: true },
    );
  }

  describe('over PostgreSQL', () => {
    before(() => open('postgres'));
    after(() => world?.[Symbol.asyncDispose]());

    it('answers ten thousand requests with what they deserve, and holds no more after them than before', async () => {
      const requests = badRequests(world.runs);
      // Code that was never run before is held from then on.
      await sendAll(requests, 140, ask);
      const before = await world.admin.measure();
      await sendAll(requests, 340, ask);
      const after = await world.admin.measure();
      expect(sent).to.be.at.least(10_000);
      expect(after.heldBytes - before.heldBytes, 'what is held').to.be.below(allowedGrowthBytes);
      expect(after.rssBytes - before.rssBytes, 'what its process takes').to.be.below(allowedResidentGrowthBytes);
      expect(after.timers, 'timers').to.be.at.most(before.timers + 2);
      expect(after.sockets, 'connections').to.be.at.most(mostAtOnce);
    });

    it('takes no bytes for a request that are none, and no part of one for another', async () => {
      await sendAll(badBytes(world.credentials.tokens.admin), 40, async (bytes) => {
        for (const answer of await world.client.pour(Buffer.from(bytes, 'latin1'))) judgeAnswer(answer);
      });
    });

    it('ends requests that come too slowly, or never whole', async () => {
      const drip = async (beginning: string, everyMs: number) => {
        using connection = await RawConnection.open(world.admin.url);
        connection.write(Buffer.from(beginning));
        const timer = setInterval(() => connection.write(Buffer.from('1')), everyMs);
        const answers = await connection.answers().finally(() => clearInterval(timer));
        for (const answer of answers) judgeAnswer(answer);
      };
      const beginnings = unfinished(world.credentials.tokens.admin);
      await Promise.all(beginnings.flatMap((beginning) => [10, 1_000].map((everyMs) => drip(beginning, everyMs))));
      expect(world.admin.errors.splice(0).join('\n')).to.equal('');
    });

    it('has started the runs that it said it had and no others, and told the store its own statements only', async () => {
      started.check(await world.ledger.runs({ limit: 100_000 }));
      expect([...world.tap.texts].filter((text) => text.includes(marker))).to.deep.equal([]);
      // Texts that were made of input would be others each time.
      expect(world.tap.texts.size).to.be.below(60);
      expect([...world.tap.parameters].some((text) => text.includes(marker))).to.equal(true);
    });

    it('still answers, and keeps no connection that its client has left', async () => {
      const answer = await world.client.ask(Buffer.from('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'), false);
      expect(answer).to.include({ status: 200, body: '{"status":"ok"}' });
      world.client[Symbol.dispose]();
      // Their ends have arrived before the question, or shortly after.
      let { sockets } = await world.admin.measure();
      for (let again = 0; sockets > 0 && again < 20; again += 1) ({ sockets } = await world.admin.measure());
      expect(sockets).to.equal(0);
    });
  });

  describe('over DynamoDB', () => {
    before(() => open('dynamodb'));
    after(() => world?.[Symbol.asyncDispose]());

    it('answers hundreds of requests with what they deserve, and starts what it says it does', async () => {
      await sendAll(badRequests(world.runs), 25, ask);
      started.check(await world.ledger.runs({ limit: 10_000 }));
    });

    it('refuses a scope that is larger than it can keep', async () => {
      const body = JSON.stringify({ scope: { more: { a: 'a'.repeat(60_000) } } });
      const headers = [['content-type', 'application/json']] as const;
      const request = { as: 'admin', method: 'POST', target: '/admin/wide', headers, body, isChunked: false } as const;
      const answer = await world.client.ask(toWire(request, world.credentials), false);
      expect(answer?.status).to.equal(422);
      expect(answer?.body).to.contain('at most 48000 bytes');
    });
  });
});
