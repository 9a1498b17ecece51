/**
 * What the admin does with input that nobody should send. `STINT_BAD_INPUT_SEED` replays what a failure printed.
 */
import { canonicalJson, type Json } from '@stint/sdk';
import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { badBytes, smuggled, unfinished } from './testing/bad-bytes.ts';
import { type BadRequest, badRequests, toWire } from './testing/bad-requests.ts';
import { marker } from './testing/bad-values.ts';
import { type FuzzedAdmin, openFuzzedAdmin } from './testing/fuzzed-admin.ts';
import { judgeAnswer } from './testing/judge-answer.ts';
import type { RawAnswer } from './testing/raw-answer.ts';
import { RawConnection } from './testing/raw-client.ts';

const seed = Number(process.env.STINT_BAD_INPUT_SEED) || Math.floor(Math.random() * 2 ** 31);
const atOnce = 50;
const timeouts = { requestMs: 2_500, headersMs: 1_500, keepAliveMs: 60_000, checkEveryMs: 100 };

describe('admin: bad input', function badInputTests() {
  this.timeout(180_000);
  let world: FuzzedAdmin;
  let sent = 0;
  /** By the run: what its start asked for, where it was a start. */
  const started = new Map<string, string | undefined>();

  before(async () => {
    world = await openFuzzedAdmin({ timeouts });
    for (const runId of world.runs) started.set(runId, undefined);
  });
  after(() => world?.[Symbol.asyncDispose]());

  async function ask(request: BadRequest): Promise<void> {
    const isHead = request.method === 'HEAD';
    const answer = await world.client.ask(toWire(request, world.credentials), isHead);
    sent += 1;
    // Cut off in the middle of what it does not read, a client may miss why.
    if (answer === undefined && (request.body?.length ?? 0) > 200_000) return;
    if (answer === undefined) throw new Error('expected an answer, got the end of the connection');
    judgeAnswer(answer, { isHead });
    note(request, answer);
  }

  function note(request: BadRequest, { status, headers }: RawAnswer): void {
    const place = status === 303 ? headers.location : headers['content-location'];
    const [, runId] = /^\/admin\/runs\/(\w{26})$/.exec(place ?? '') ?? [];
    if (runId === undefined) return;
    expect(request.method, 'the method of a start').to.equal('POST');
    expect(request.as, 'who started').to.be.oneOf(['admin', 'trigger', 'session']);
    const isStart = /^\/admin\/(narrow|wide)(\?|$)/.test(request.target);
    const scope = isStart
      ? canonicalJson((JSON.parse(Buffer.from(request.body ?? '', 'latin1').toString() || '{}').scope ?? {}) as Json)
      : undefined;
    if (scope !== undefined || !started.has(runId)) started.set(runId, scope);
  }

  async function askAll(requests: fc.Arbitrary<BadRequest>, batches: number): Promise<void> {
    const batch = fc.array(requests, { minLength: 1, maxLength: atOnce, size: 'max' });
    await fc.assert(
      fc.asyncProperty(batch, async (several) => {
        await Promise.all(several.map(ask));
        expect(world.admin.isAlive, 'whether the admin lives').to.equal(true);
        expect(world.admin.errors.splice(0).join('\n'), 'defects in its log').to.equal('');
      }),
      { seed: seed + sent, numRuns: batches, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: true },
    );
  }

  it('answers ten thousand requests with what they deserve, and holds no more after them than before', async () => {
    const requests = badRequests(world.runs);
    const t = performance.now();
    await askAll(requests, 150);
    const before = await world.admin.measure();
    const first = sent;
    await askAll(requests, 400);
    const after = await world.admin.measure();
    console.log(first, sent, performance.now() - t, before, after);
    expect(sent).to.be.at.least(10_000);
  });

  it('takes no bytes for a request that are none, and no part of one for another', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(badBytes(world.credentials.tokens.admin), { minLength: 1, maxLength: 20, size: 'max' }),
        async (several) => {
          const answers = await Promise.all(several.map((bytes) => world.client.pour(Buffer.from(bytes, 'latin1'))));
          for (const answer of answers.flat()) judgeAnswer(answer, { isHead: false });
          expect(world.admin.isAlive, 'whether the admin lives').to.equal(true);
          expect(world.admin.errors.splice(0).join('\n'), 'defects in its log').to.equal('');
        },
      ),
      { seed, numRuns: 100 },
    );
  });

  it('ends requests that come too slowly, or never whole', async () => {
    const beginnings = unfinished(world.credentials.tokens.admin);
    await Promise.all(
      beginnings.flatMap((beginning) =>
        [10, 1_000].map(async (everyMs) => {
          using connection = await RawConnection.open(world.admin.url);
          connection.write(Buffer.from(beginning));
          const drip = setInterval(() => connection.write(Buffer.from('1')), everyMs);
          try {
            for (const answer of await connection.answers()) judgeAnswer(answer, { isHead: false });
          } finally {
            clearInterval(drip);
          }
        }),
      ),
    );
  });

  it('has started just the runs that it said it had, of just their scopes, and told the store nothing but its own statements', async () => {
    const records = await world.ledger.runs({ limit: 100_000 });
    expect(records.map(({ runId }) => runId)).to.have.members([...started.keys()]);
    for (const { runId, job, scope } of records) {
      const asked = started.get(runId);
      const text = canonicalJson(scope);
      if (asked !== undefined) expect(text, `the scope of ${runId}`).to.equal(asked);
      expect(text).to.not.contain(smuggled);
      if (job === 'narrow')
        expect(
          Object.values(scope as object).some(
            (value) => !['', '[]', '{}'].includes(typeof value === 'string' ? value : canonicalJson(value)),
          ),
          text,
        ).to.equal(true);
    }
    console.log(records.length, world.tap.texts.size);
    expect([...world.tap.texts].filter((text) => text.includes(marker))).to.deep.equal([]);
    expect([...world.tap.parameters].some((text) => text.includes(marker))).to.equal(true);
    const answer = await world.client.ask(Buffer.from('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'), false);
    expect(answer).to.include({ status: 200, body: '{"status":"ok"}' });
  });
});
