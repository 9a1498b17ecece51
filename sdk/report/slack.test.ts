import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { sampleSummary } from '../../harness/testing/sample-summary.ts';
import type { Summary } from '../summary.ts';
import { isToBeTold, type SlackFacts, type SlackMessage, slackMessage, slackRefusal } from './slack.ts';

const noItems = { read: 0, succeeded: 0, skipped: 0, failed: 0, quarantined: 0, remaining: 0, retried: 0 };
const polled: Partial<Summary> = {
  job: 'poll-payment-status',
  trigger: { kind: 'schedule', by: 'scheduler', scheduledTime: '2026-09-30T06:00:00.000Z' },
  durationMs: 13_300,
  items: { ...noItems, read: 2_400, succeeded: 1_962, skipped: 435, failed: 3, retried: 48 },
  failuresByError: { 'HttpError STINT_HTTP_500': 2, RangeError: 1 },
  failures: [
    {
      key: 'p-77',
      attempts: 3,
      name: 'HttpError',
      code: 'STINT_HTTP_500',
      message: 'GET http://provider/payments/… answered 500',
    },
  ],
};

/** The lines of a message as a person sees them. */
function linesOf({ blocks }: SlackMessage): readonly string[] {
  return blocks.flatMap((block) =>
    block.type === 'context' ? block.elements.map(({ text }) => text) : block.text.text.split('\n'),
  );
}

const told = (summary: Partial<Summary>, facts: Partial<SlackFacts> = {}) =>
  linesOf(slackMessage({ summary: sampleSummary(summary), ...facts }));

describe('slackMessage', () => {
  it('says in five lines what a person on call needs', () => {
    const message = slackMessage({
      summary: sampleSummary({
        ...polled,
        scope: { tenantId: 't-2' },
        version: { commit: 'abc123def4567890abc123def4567890abc123de', image: null },
      }),
      earlierMs: [10_000, 11_000, 9_000],
      environment: 'production',
      links: { run: 'https://admin.example/admin/runs/1', logs: 'https://logs.example/?a=1&b=2' },
    });
    expect(linesOf(message)).to.deep.equal([
      '✅ poll-payment-status succeeded · production',
      '*2,400* read: 1,962 succeeded, 435 skipped, 3 failed',
      'took *13.3 s*, 0 items/s; 33 % longer than the median of the last 3 runs like it, 10 s',
      '`HttpError STINT_HTTP_500` × 2, `RangeError` × 1, as in `GET http://provider/payments/… answered 500`',
      'schedule for `2026-09-30T06:00:00.000Z` · scope `{"tenantId":"t-2"}` · run `01K6B0000000000000000000AA` · ' +
        'commit `abc123def456` · <https://admin.example/admin/runs/1|Run> · <https://logs.example/?a=1&amp;b=2|Logs>',
    ]);
    expect(message.text).to.equal('✅ poll-payment-status succeeded · production');
  });

  it('says which shard of a spread run it was', () => {
    const summary = sampleSummary({ ...polled, shard: { index: 0, count: 4 } });
    expect(linesOf(slackMessage({ summary })).at(-1)).to.include(' · everything · shard 0/4 · run ');
  });

  it('says that a run was to work on some items only', () => {
    expect(told({ limit: 100 }).at(-1)).to.include(' · everything · at most 100 items · run ');
  });

  it('tells how a run ended that did not succeed, and why', () => {
    const error = {
      name: 'InterruptedError',
      code: 'STINT_INTERRUPTED',
      message: 'the run was interrupted by SIGTERM',
    };
    const trigger = { kind: 'admin', by: 'ada' } as const;
    const lines = told({ status: 'interrupted', exitCode: 143, error, trigger, attempt: 2 });
    expect(lines[0]).to.equal('⏸️ test-job interrupted');
    expect(lines[3]).to.equal('`InterruptedError STINT_INTERRUPTED`: `the run was interrupted by SIGTERM`');
    expect(lines[4]).to.match(/^admin by `ada` · everything · run `.*`, attempt 2$/);
  });

  it('tells of a refused run what stood in its way, and no counts', () => {
    const error = { name: 'RefusedError', code: 'STINT_REFUSED', message: 'another run is in the way' };
    const [headline, ...others] = told({ status: 'refused', exitCode: 75, error });
    expect(headline).to.equal('⛔ test-job refused');
    expect(others[0]).to.equal('`RefusedError STINT_REFUSED`: `another run is in the way`');
    expect(others).to.have.length(2);
  });

  it('says that a run was dry, and what it would have written', () => {
    const [headline, counts] = told({ dryRun: true, wouldWrite: { payments: 10, 'api.example': 2 } });
    expect(headline).to.equal('✅ test-job succeeded · dry run, nothing was written');
    expect(counts).to.equal('*0* read; would have written 12');
  });

  it('compares with what there is: nothing, one run, the median of an even number', () => {
    expect(told({})[2]).to.equal('took *1 s*, 0 items/s');
    expect(told({}, { earlierMs: [1_020] })[2]).to.include('; as long as the last run like it, 1 s');
    expect(told({}, { earlierMs: [100, 300] })[2]).to.include(
      '; 5 times as long as the median of the last 2 runs like it, 200 ms',
    );
  });

  it('says how many kinds of errors it does not name', () => {
    const failuresByError = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`E${index}`, index + 1]));
    expect(told({ failuresByError })[3]).to.equal('`E8` × 9, `E7` × 8, `E6` × 7, 6 other kinds');
  });

  it('shows no key of an item, and no secret that is known or looks like one', () => {
    const message = 'answered 401 to canary-secret-1, Authorization: Bearer abcdefgh, postgres://stint:hunter2@db/x';
    const error = { name: 'HttpError', code: '', message };
    const facts = { secrets: ['canary-secret-1'] };
    const lines = told({ ...polled, error, scope: { token: 'canary-secret-1' } }, facts).join('\n');
    expect(lines)
      .to.include('answered 401')
      .and.not.match(/p-77|canary-secret-1|abcdefgh|hunter2/);
  });

  it('holds to the limits of Slack, and lets nothing of others be read as mark-up, whatever it is told', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5_000 }),
      fc
        .array(fc.constantFrom('<!channel>', '@here', '`', '&', '<https://evil|Run>', '*b*', '\n', '_', 'e'), {
          maxLength: 900,
        })
        .map((all) => all.join('')),
    );
    const error = fc.record({ name: text, code: text, message: text });
    const facts = fc.record({
      status: fc.constantFrom('succeeded', 'failed', 'interrupted', 'cancelled', 'refused' as const),
      error: fc.option(error),
      scope: fc.dictionary(text, text),
      by: text,
      commit: text,
      errors: fc.dictionary(text, fc.nat()),
      environment: text,
      link: text,
    });
    fc.assert(
      fc.property(facts, ({ status, error: thrown, scope, by, commit, errors, environment, link }) => {
        const message = slackMessage({
          summary: sampleSummary({
            status,
            scope,
            error: thrown,
            trigger: { kind: 'admin', by, scheduledTime: by },
            version: { commit, image: null },
            failuresByError: errors,
            failures: thrown === null ? [] : [{ ...thrown, key: 'k', attempts: 1 }],
          }),
          environment,
          links: { run: `https://admin.example/${link}`, logs: link },
        });
        expectHarmless(message);
        if (thrown !== null)
          expectHarmless(slackRefusal({ job: by, error: thrown, environment, links: { run: link } }));
      }),
      { numRuns: 300 },
    );
  });
});

function expectHarmless({ text, blocks }: SlackMessage): void {
  expect(blocks.length).to.be.at.most(50);
  expect(text).to.not.match(/[<>&@`*]/);
  expect(linesOf({ text, blocks }).length).to.be.at.most(5);
  for (const block of blocks) {
    if (block.type === 'header') {
      expect(block.text.text.length).to.be.within(1, 150);
      continue;
    }
    for (const { text: own, verbatim } of block.type === 'context' ? block.elements : [block.text]) {
      expect(own.length).to.be.within(1, 3_000);
      expect(verbatim).to.equal(true);
      expect(own.isWellFormed()).to.equal(true);
      // What is left without code and our own links is ours.
      const ours = own.replace(/`[^`\n]+`/g, '').replace(/<https?:\/\/[^<>|`\s]+\|(Run|Logs)>/g, '');
      expect(ours).to.match(/^[\w\s:;,.%×·*/-]*$/);
      expect(own.replace(/`[^`\n]+`/g, (code) => code.replace(/&(amp|lt|gt);/g, ''))).to.not.match(/`[^`]*[<>&][^`]*`/);
    }
  }
}

describe('slackRefusal', () => {
  it('tells of a run that could not begin', () => {
    const error = { name: 'LedgerError', code: 'STINT_LEDGER', message: 'the ledger did not answer' };
    expect(linesOf(slackRefusal({ job: 'poll', error, links: { logs: 'https://logs.example/' } }))).to.deep.equal([
      '❌ poll did not start',
      '`LedgerError STINT_LEDGER`: `the ledger did not answer`',
      '<https://logs.example/|Logs>',
    ]);
  });

  it('tells several problems apart in one line', () => {
    const message = 'poll needs variables that do not fit:\n  A_URL: is no address\n  B_KEY: is not set';
    const error = { name: 'EnvironmentError', code: 'STINT_BAD_ENVIRONMENT', message };
    expect(linesOf(slackRefusal({ job: 'poll', error }))[1]).to.equal(
      '`EnvironmentError STINT_BAD_ENVIRONMENT`: `poll needs variables that do not fit: A_URL: is no address; B_KEY: is not set`',
    );
  });
});

describe('isToBeTold', () => {
  it('tells of all ends, of those that somebody must look at, or of none', () => {
    const ends = [
      ['succeeded', 0],
      ['failed', 1],
      ['interrupted', 143],
      ['cancelled', 1],
      ['refused', 0],
      ['refused', 75],
    ] as const;
    const told = (['always', 'problems', 'never'] as const).map((notify) =>
      ends.filter(([status, exitCode]) => isToBeTold(notify, { status, exitCode })).map(([status]) => status),
    );
    expect(told).to.deep.equal([ends.map(([status]) => status), ['failed', 'interrupted', 'cancelled'], []]);
  });
});
