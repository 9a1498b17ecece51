import { expect } from 'chai';
import { describe, it } from 'mocha';
import { chartStyle } from '../page/chart-style.ts';
import { pageStyle } from '../page/style.ts';
import { reportStyle } from './run-report/style.ts';
import { type RunReportOptions, runReport, runReportPolicy } from './run-report.ts';
import {
  at,
  sampleAttempt,
  sampleFailedItem,
  sampleRecord,
  sampleRunId,
  sampleSeries,
  sampleSummary,
} from './testing/report-samples.ts';

const report = (changes: Partial<RunReportOptions> = {}) =>
  runReport({ record: sampleRecord(), series: [sampleSeries()], failures: [sampleFailedItem()], ...changes });

const plain = (markup: string) =>
  markup
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name] ?? "'")
    .replace(/\s+/g, ' ')
    .trim();
const titleOf = (page: string) => plain(/<h1>(.*?)<\/h1>/s.exec(page)?.[1] ?? '');
const findingsOf = (page: string) =>
  [...page.matchAll(/<p class="finding (\w+)">.*?<span>(.*?)<\/span><\/p>/gs)].map(([, tone, text]) => [
    tone,
    plain(text ?? ''),
  ]);
const chartsOf = (page: string) => [...page.matchAll(/<figcaption>([^<]*)/g)].map(([, title]) => title);
const sectionsOf = (page: string) => [...page.matchAll(/<h2 id="([^"]*)"/g)].map(([, id]) => id);

const noItems = { read: 0, succeeded: 0, skipped: 0, failed: 0, quarantined: 0, remaining: 0, retried: 0 };
const nothingDone = sampleSummary({ items: noItems, skipped: {}, counts: {}, failuresByError: {}, external: {} });

/** Three attempts that died without a word, ten minutes apart. */
const crashed = [1, 2, 3].map((attempt) =>
  sampleAttempt({
    attempt,
    startedAt: at((attempt - 1) * 600_000),
    ...{ endedAt: undefined, status: undefined, toCheckpoint: undefined },
  }),
);
const crashedSeries = crashed.map(({ attempt, startedAt }) => sampleSeries({ attempt, startedAt, count: 30 }));

describe('the report of a run', () => {
  it('begins with the verdict and what matters, the worst first', () => {
    const summary = sampleSummary({
      status: 'failed',
      error: { name: 'ToleranceExceededError', code: 'STINT_TOLERANCE_EXCEEDED', message: '3 items failed' },
    });
    const page = report({ record: sampleRecord({ status: 'failed', summary }), medianMs: 6_000 });
    expect(titleOf(page)).to.equal('poll-payment-status failed');
    expect(page).to.include(`<title>poll-payment-status failed · ${sampleRunId}</title>`);
    expect(findingsOf(page)).to.deep.equal([
      ['bad', '3 items failed (STINT_TOLERANCE_EXCEEDED)'],
      [
        'bad',
        '3 of 2,400 items failed (0.1 %): 2 HttpError STINT_HTTP_500, 1 ItemTimeoutError STINT_ITEM_TIMEOUT. see',
      ],
      ['wait', 'It took 2.2 times as long as usual: 13.3 s instead of 6 s, the median of runs like it. see'],
      ['wait', 'payments.example: 51 of 2,448 calls went wrong (2.1 %). see'],
      [
        'dim',
        'The rate limit of 250 a second set its pace: it held starts back for most of the time (15.5 s in all). see',
      ],
    ]);
  });

  it('has charts of its course, and all else there is to know', () => {
    const page = report();
    expect(chartsOf(page)).to.deep.equal([
      'Throughput (items settled)',
      'Time an item took (p95)',
      'Outcomes',
      'Failed and tried again',
      'In flight',
      'Held back by the rate limit, in all',
      'Age of records when worked on',
      'Memory',
    ]);
    expect(sectionsOf(page)).to.deep.equal([
      'course',
      'failures',
      'outcomes',
      'attempts',
      'limits',
      'services',
      'about',
    ]);
    expect(plain(page)).to.include('250 250').and.include('ada (manual)').and.include('5e263e425f93');
    const [, json = ''] = /<details class="summary">.*?<pre>(.*?)<\/pre>/s.exec(page) ?? [];
    expect(JSON.parse(plain(json))).to.deep.equal(sampleSummary());
  });

  it('says of which kinds items are below their outcome, where a small screen has room for it', () => {
    const table = /aria-label="Items by outcome".*?<\/table>/s.exec(report())?.[0] ?? '';
    expect([...table.matchAll(/<th scope="col"[^>]*>([^<]*)/g)].map(([, name]) => name)).to.deep.equal([
      'Outcome',
      'Items',
      'Share',
    ]);
    expect(
      [...table.matchAll(/<th scope="row" class="wide">(.*?)<\/th>/g)].map(([, text]) => plain(text!)),
    ).to.deep.equal([
      'succeeded',
      'skipped 423 still pending, 12 unknown to the provider',
      'failed 2 HttpError STINT_HTTP_500, 1 ItemTimeoutError STINT_ITEM_TIMEOUT',
    ]);
  });

  it('draws a run that keeps to its rate limit below it, whatever it settles in less than a second', () => {
    const series = sampleSeries({ count: 65, durationMs: 13_000 });
    // 250 a second, all of them in the first fifth of it.
    const points = series.points.map((point) => ({ ...point, settled: Math.ceil(point.atMs / 1_000) * 250 }));
    const page = report({ series: [{ ...series, points }] });
    expect(page).to.match(
      /aria-label="Throughput \(items settled\): [^"]*most 250 items\/s, [^"]*limit 250 starts\/s;/,
    );
    const summary = sampleSummary();
    const unlimited = { ...summary, limits: { ...summary.limits, perSecond: { limit: null, peak: 250 } } };
    expect(report({ record: sampleRecord({ summary: unlimited }), series: [{ ...series, points }] })).to.match(
      /aria-label="Throughput \(items settled\): [^"]*most 1,250 items\/s/,
    );
  });

  it('says so when what a chart would show did not come up, and when no course was kept', () => {
    const [first] = [sampleSeries({ count: 20 })];
    const points = first.points.map((point) => ({ ...point, waitedMs: 0, stalenessMs: 0, failed: 0, retried: 0 }));
    const page = report({ series: [{ ...first, points }] });
    expect(chartsOf(page)).to.have.length(5);
    expect(plain(page)).to.include(
      'Not drawn, for there was none: failures and retries; waits for the rate limit; records',
    );
    expect(plain(report({ series: [] }))).to.include('How it went over its time was not kept');
    expect(plain(report({ series: [sampleSeries({ count: 1 })] }))).to.include('It was over too soon to tell');
  });

  it('shows a run that crashed thrice: what its checkpoint knows, its attempts on one axis, the gaps between them', () => {
    const record = sampleRecord({
      ...{ status: 'running', leaseHeld: false, attempt: 3, attempts: crashed, finishedAt: undefined },
      summary: undefined,
      updatedAt: at(1_213_300),
      checkpoint: {
        ...{ seq: 9, loops: {}, beyond: 0, replayed: { known: 0, atMost: 0 }, mark: null, suspicious: true },
        tally: {
          ...{ succeeded: 700, skipped: 90, failed: 10, quarantined: 0, retried: 4, refreshed: 0 },
          ...{ skippedBy: {}, counts: {}, wouldWrite: {}, failuresBy: { 'TypeError ': 10 }, failures: [] },
        },
      },
    });
    const page = report({ record, series: crashedSeries });
    expect(titleOf(page)).to.equal('poll-payment-status has crashed, and can be resumed');
    expect(findingsOf(page).map(([, text]) => text)).to.deep.equal([
      '10 of 800 items failed (1.3 %): 10 TypeError , as its last checkpoint has it. see',
      'Its process died 3 times without a word, in 3 attempts. see',
      'The next start of the same job and scope goes on from its last checkpoint.',
    ]);
    expect(plain(page)).to.include('in 3 attempts').and.include('between attempts, up to 9 min 47 s, drawn shorter');
    expect(page).to.match(/aria-label="Attempts: 1 died after 13\.3 s; 2 died after 13\.3 s; 3 died after 13\.3 s;/);
    expect(page.match(/its process died</g)).to.have.length(3);
  });

  it('knows nothing of attempts whose processes died but that they were', () => {
    const last = sampleAttempt({ attempt: 4, startedAt: at(1_800_000), endedAt: at(1_813_300) });
    const record = sampleRecord({
      ...{ attempt: 4, attempts: [...crashed, last], finishedAt: at(1_813_300), updatedAt: at(1_813_300) },
      summary: sampleSummary({ attempt: 4 }),
    });
    const page = report({ record, series: [sampleSeries({ attempt: 4, startedAt: last.startedAt })] });
    expect(plain(page)).to.include('3 attempts whose processes died left no points.');
    expect(page).to.include('Attempts: 1 died, nobody knows when; 2 died,').and.include('4 succeeded after 13.3 s;');
    expect(page.match(/its process died</g)).to.have.length(3);
  });

  it('says little of a run without items, and less of one that was refused', () => {
    const nothing = report({ record: sampleRecord({ summary: nothingDone }), series: [], failures: [] });
    expect(titleOf(nothing)).to.equal('poll-payment-status succeeded: there was nothing to do');
    expect(sectionsOf(nothing)).to.deep.equal(['attempts', 'about']);
    const error = { name: 'RefusedError', code: 'STINT_REFUSED_OVERLAP', message: 'run 01M of it is going on' };
    const summary = { ...nothingDone, status: 'refused' as const, error };
    const refused = report({
      record: sampleRecord({ status: 'failed', summary, attempts: [] }),
      series: [],
      failures: [],
    });
    expect(titleOf(refused)).to.equal('poll-payment-status was refused');
    expect(findingsOf(refused)).to.deep.equal([['wait', 'run 01M of it is going on (STINT_REFUSED_OVERLAP)']]);
    expect(sectionsOf(refused)).to.deep.equal(['about']);
  });

  it('shows the first failed items with their exchanges folded, and how many there are', () => {
    const items = Array.from({ length: 60 }, (_, index) => sampleFailedItem({ key: `k-${index}` }));
    const page = report({ failures: { items, next: 60 } });
    expect(page.match(/<article class="item">/g)).to.have.length(50);
    expect(page)
      .to.include('<summary>45 more items</summary>')
      .and.include('<summary>1 request and what came back</summary>');
    expect(plain(page)).to.include(`The first 50; npx stint show ${sampleRunId} --failures`);
    expect(report({ failures: [] })).to.include('not kept any more');
  });

  it('needs no script and no resource from outside, and has a policy that says so', () => {
    const page = report();
    expect(page).to.include(`<meta http-equiv="Content-Security-Policy" content="${runReportPolicy}">`);
    expect(page).to.not.match(/<script|<iframe|<img|@import|url\(|\sstyle=|\son\w+=|src=/i);
    for (const [, href] of page.matchAll(/href="([^"]*)"/g)) expect(href).to.match(/^(#[a-z]+|data:,)$/);
    const ids = new Set([...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));
    for (const [, id] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).to.include(id);
  });

  it('has a style for every class that it uses', () => {
    const page = report({ record: sampleRecord({ attempt: 3, attempts: crashed }), series: crashedSeries });
    const style = `${pageStyle}${chartStyle}${reportStyle}`;
    const used = [...page.matchAll(/class="([^"]+)"/g)].flatMap(([, names]) => names!.split(' '));
    for (const name of new Set(used)) expect(style).to.match(new RegExp(`\\.${name}[ ,{:]`), name);
  });
});

describe('the report of a hostile run', () => {
  const bad = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&\u0000\u001b[31m\ud800`;
  const many = <TValue>(count: number, value: (index: number) => TValue): Record<string, TValue> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${bad}${index}`, value(index)]));
  const summary = sampleSummary({
    ...{ job: bad, skipped: many(300, (index) => index), counts: many(300, (index) => index) },
    ...{ failuresByError: many(300, (index) => index), wouldWrite: many(300, (index) => index) },
    external: many(300, () => ({ calls: 10, errors: 9, p95Ms: 1 })),
    error: { name: bad, code: bad, message: bad.repeat(500) },
    version: { commit: bad.repeat(50), image: bad.repeat(50) },
    failures: Array.from({ length: 20 }, () => ({
      key: bad.repeat(99),
      name: bad,
      code: bad,
      message: bad,
      attempts: 1,
    })),
  });
  const attempts = Array.from({ length: 50 }, (_, index) =>
    sampleAttempt({
      ...{ attempt: index + 1, startedAt: at(index * 1e6), endedAt: at(index * 1e6 + 9e5) },
      ...{ holder: bad.repeat(50), reason: bad.repeat(50) },
    }),
  );
  const [exchange] = sampleFailedItem().exchanges;
  const item = sampleFailedItem({
    ...{ key: bad.repeat(3_000), error: { name: bad.repeat(99), code: bad.repeat(99), message: bad.repeat(999) } },
    exchanges: Array.from({ length: 30 }, () => ({
      ...exchange!,
      ...{ method: bad, url: bad.repeat(99), error: bad.repeat(99), requestBody: '"'.repeat(50_000) },
      ...{ responseBody: bad.repeat(999), requestHeaders: many(90, () => bad), responseHeaders: many(90, () => bad) },
    })),
  });
  const record = sampleRecord({
    ...{ job: bad, scope: many(500, () => bad), trigger: { kind: 'admin', by: bad.repeat(99) }, attempt: 50, attempts },
    ...{ holder: bad.repeat(99), cancelledBy: bad.repeat(99), summary: { ...summary, attempt: 50 }, dryRun: true },
    finishedAt: at(51e6),
  });
  const series = attempts.map(({ attempt, startedAt }) =>
    sampleSeries({ attempt, startedAt, count: 400, durationMs: 9e5, items: 1e6, from: attempt * 1e6 }),
  );
  const page = runReport({ record, series, failures: Array.from({ length: 100 }, () => item), medianMs: 1 });

  it('is escaped wherever it stands', () => {
    expect(page)
      .to.include('&lt;script&gt;alert(1)')
      .and.not.match(/<script|<img|[^;]onerror=alert\(1\)>/);
    expect(page.replace(/[\t\n\r]/g, '')).to.not.match(/\p{Cc}/u);
  });

  it('stays below 300 KB', () => {
    expect(Buffer.byteLength(page)).to.be.within(100_000, 300_000);
  });
});
