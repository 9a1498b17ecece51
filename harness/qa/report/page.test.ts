import { expect } from 'chai';
import { describe, it } from 'mocha';
import { qaCheck, qaReport, qaRun, qaRunEnd, qaSummary } from '../testing/report.ts';
import { reportPage } from './page.ts';
import type { QaCheck, QaReport, QaRun } from './qa-report.ts';

/** What a reader sees: text alone, spaces and lines as one space. */
function textOf(page: string): string {
  const body = page.slice(page.indexOf('<body>'));
  return body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const verdictOf = (checks: readonly QaCheck[], changes?: Partial<QaReport>) =>
  /<h1>(.*?)<\/h1>/.exec(reportPage(qaReport(checks, changes)))?.[1];
const pageOfRun = (run: Partial<QaRun>) => reportPage(qaReport([qaCheck({ runs: [qaRun(run)] })]));
const failed = qaCheck({
  title: 'refuses the second delivery',
  state: 'failed',
  failure: {
    message: 'expected 1 to equal 0',
    expected: '0',
    actual: '1',
    place: 'harness/qa/poll-payment-status.qa.ts:37',
  },
});

describe('reportPage', () => {
  it('opens with the verdict', () => {
    const passed = qaCheck();
    const pending = qaCheck({ state: 'not run' });
    expect(verdictOf([passed, passed])).to.equal('All 2 checks passed');
    expect(verdictOf([passed])).to.equal('The only check passed');
    expect(verdictOf([passed, failed])).to.equal('1 of 2 checks failed');
    expect(verdictOf([passed, pending])).to.equal('1 of 2 checks passed, the others were not run');
    expect(verdictOf([])).to.equal('Nothing was checked');
  });

  it('never says that all passed when the run did not come to its end', () => {
    const cutOff = { finishedAt: undefined, expectedChecks: 26 };
    expect(verdictOf([qaCheck()], cutOff)).to.equal('Nothing failed so far; the run did not come to its end (1 of 26)');
    expect(verdictOf([qaCheck()], { expectedChecks: 2 })).to.match(/^Nothing failed so far; .* \(1 of 2\)$/);
    expect(verdictOf([failed], cutOff)).to.equal('1 of 1 check failed; the run did not come to its end (1 of 26)');
  });

  it('links to what failed, shows it open, and tells what was expected, what came, and where', () => {
    const page = reportPage(qaReport([qaCheck(), failed]));
    expect(page).to.include('<a href="#check-2">poll-payment-status: refuses the second delivery</a>');
    expect(page).to.include('id="check-1">').and.include('id="check-2" open>');
    expect(textOf(page)).to.include('expected 1 to equal 0 harness/qa/poll-payment-status.qa.ts:37 expected 0 came 1');
  });

  it('tells of a run what was done, how it ended, what became of the items, and whom it asked', () => {
    const page = pageOfRun({
      scope: { tenantId: 't-1' },
      calls: [{ api: 'PAYMENTS_API_URL', method: 'GET', route: '/payments/*', byStatus: { 200: 9, 500: 4, none: 1 } }],
    });
    const text = textOf(page);
    for (const part of [
      'run on all payments ended succeeded , exit code 0, after 800 ms',
      'scope {&quot;tenantId&quot;:&quot;t-1&quot;}',
      '10 read 6 succeeded settled 4, failed 2 3 skipped still pending 2, unknown to the provider 1',
      '1 failed HttpError STINT_HTTP_500 1',
      '13 a second; one took 23 ms (p50), 60 ms (p99)',
      'at most 9 of 16 at once, 17 of 250 in any second',
      '10 expected 2xx, got 500, 4 attempts',
      'GET /payments/* 200 × 9, 500 × 4, 1 not answered PAYMENTS_API_URL',
      'node deploy/task.ts poll-payment-status STINT_LEDGER postgres',
    ]) {
      expect(text).to.include(part);
    }
  });

  it('tells of a run that was resumed, scheduled, dry or refused what is special about it', () => {
    const textOfRun = (changes: Parameters<typeof qaSummary>[0]) =>
      textOf(pageOfRun({ end: qaRunEnd({ summary: qaSummary(changes) }) }));
    const resume = { fromCheckpoint: true, recovered: true, replayed: 0, replayedAtMost: 16, checkpoints: 2 };
    expect(textOfRun({ attempt: 2, resume })).to.include(
      'attempt 2, from the checkpoint, after the process before had died; at most 16 items twice',
    );
    expect(textOfRun({ dryRun: true, wouldWrite: { 'postgres update': 6 } })).to.include(
      'dry run would have written: postgres update 6',
    );
    const error = { name: 'RefusedError', code: 'STINT_REFUSED', message: 'it was started before' };
    expect(textOfRun({ status: 'refused', error }))
      .to.include('error it was started before')
      .and.not.include('10 read');
    const trigger = { kind: 'schedule', scheduledTime: '2026-09-30T06:00:00.000Z' } as const;
    expect(textOfRun({ trigger })).to.include('scheduled for 2026-09-30T06:00:00.000Z');
  });

  it('tells of runs that were killed, said only a line, or never ended', () => {
    const killed = qaRunEnd({ exitCode: null, signal: 'SIGKILL', summary: undefined, said: 'started' });
    expect(textOf(pageOfRun({ end: killed }))).to.include('without a summary , killed by SIGKILL, after 800 ms');
    expect(textOf(pageOfRun({ end: killed }))).to.include('said started');
    expect(textOf(pageOfRun({ end: undefined }))).to.include('it did not end before the report was written');
  });

  it('escapes whatever comes from a run or a check', () => {
    const evil = `<script>alert("x")</script>'&`;
    const failure = { message: evil, expected: evil, actual: evil, place: evil };
    const summary = qaSummary({
      skipped: { [evil]: 1 },
      counts: { [evil]: 1 },
      failures: [{ key: evil, name: evil, code: evil, message: evil, attempts: 1 }],
      error: { name: evil, code: evil, message: evil },
      scope: { [evil]: evil },
    });
    const call = { api: evil, method: evil, route: evil, byStatus: { [evil]: 1 } };
    const run = qaRun({ did: evil, scope: evil, command: evil, environment: { [evil]: evil }, calls: [call] });
    const ends = [qaRunEnd({ summary }), qaRunEnd({ signal: evil, summary: undefined, said: evil })];
    const runs = ends.map((end) => ({ ...run, end }));
    const check = qaCheck({ subject: evil, title: evil, state: 'failed', failure, runs });
    const page = reportPage(qaReport([check], { stack: evil }));
    expect(page).to.not.match(/<script|alert\("/i);
    expect(page).to.include('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;');
  });

  it('needs nothing from outside, and no script', () => {
    const page = reportPage(qaReport([failed]));
    expect(page).to.not.match(/<(script|link|img|iframe)\b|\bsrc=|url\(|@import|https?:/);
    expect([...page.matchAll(/href="([^"]*)"/g)].map(([, target]) => target)).to.deep.equal(['#check-1']);
  });
});
