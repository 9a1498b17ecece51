import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { JobView, RunView } from '../schemas.ts';
import { everyPage, type PageViews } from './testing/every-page.ts';
import { faultsOf, tagsOf, textOf } from './testing/read-page.ts';
import {
  manyFields,
  sampleAttempt,
  sampleAudit,
  sampleEndedRun,
  sampleFailure,
  sampleHealth,
  sampleJob,
  sampleProgress,
  sampleRun,
  sampleRunSummary,
} from './testing/sample-views.ts';

const evil = `"><script>alert("x")</script><img src=x onerror=alert(1)>'&\u0000\u0085`;

function pages(changes: Partial<PageViews> = {}): ReadonlyMap<string, string> {
  return everyPage({
    caller: { name: 'ada', role: 'admin' },
    csrf: 'c-1',
    jobs: [sampleJob(), sampleJob({ name: 'many-fields', scope: manyFields, unscoped: true, target: 'task' })],
    runs: [
      sampleRun(),
      sampleEndedRun(),
      sampleRun({ leaseHeld: false, progress: null }),
      sampleEndedRun({ status: 'interrupted', finishedAt: null }),
    ],
    failures: [sampleFailure(), sampleFailure({ key: '1043', exchanges: [], outcome: 'quarantined' })],
    audit: [sampleAudit(), sampleAudit({ job: null, runId: null, detail: null })],
    form: { values: {}, errors: [] },
    words: 'STINT_HTTP_500',
    next: 'after-1',
    ...changes,
  });
}

/** Everywhere that a text can come from: a job, a store, another service, a person. */
function hostilePages(): ReadonlyMap<string, string> {
  const summary = sampleRunSummary({
    job: evil,
    dryRun: true,
    skipped: { [evil]: 1 },
    counts: { [evil]: 1 },
    wouldWrite: { [evil]: 1 },
    failuresByError: { [evil]: 1 },
    external: { [evil]: { calls: 1, errors: 1, p95Ms: 1 } },
    error: { name: evil, code: evil, message: evil },
    version: { commit: evil, image: evil },
  });
  const run: Partial<RunView> = {
    runId: evil,
    job: evil,
    scope: { [evil]: evil },
    trigger: { kind: 'admin', by: evil },
    holder: evil,
    cancelledBy: evil,
    dryRun: true,
    redriveOf: { runId: evil, error: evil, keys: [evil] },
    attempts: [sampleAttempt({ holder: evil, status: evil, reason: evil })],
    summary,
  };
  const property = {
    type: 'string',
    title: evil,
    description: evil,
    pattern: evil,
    format: evil,
    default: evil,
  } as const;
  const scope: JobView['scope'] = {
    properties: {
      [evil]: property,
      choice: { enum: [evil, 'b'], description: evil },
      choices: { type: 'array', items: { enum: [evil, 'b'] } },
      json: { type: 'object', description: evil, const: undefined } as never,
    },
    required: [evil],
  };
  const health = sampleHealth(3).map((bar) => ({ ...bar, runId: evil }));
  const [exchange] = sampleFailure().exchanges;
  const exchanges = [
    {
      ...exchange!,
      method: evil,
      url: evil,
      requestHeaders: { [evil]: evil },
      requestBody: evil,
      responseHeaders: { [evil]: evil },
      responseBody: evil,
      error: evil,
    },
  ];
  const errors = [
    { path: `scope.${evil}`, message: evil },
    { path: evil, message: evil },
  ];
  return pages({
    caller: { name: evil, role: 'admin' },
    csrf: evil,
    jobs: [sampleJob({ name: evil, summary: evil, schedule: evil, scope, health })],
    runs: [sampleRun(run), sampleEndedRun(run)],
    failures: [sampleFailure({ key: evil, loop: evil, error: { name: evil, code: evil, message: evil }, exchanges })],
    audit: [sampleAudit({ by: evil, action: evil, job: evil, runId: evil, detail: { [evil]: evil } })],
    form: { values: { [`scope.${evil}`]: evil, 'scope.json': evil, limit: evil }, errors, message: evil },
    words: evil,
    next: evil,
  });
}

describe('the checks of pages', () => {
  it('see what is wrong', () => {
    const bad =
      '<p id="a" style="x"><b id="a" onclick="y"><script>1</script><style></style><input name="n"><a href="javascript:1">';
    expect(
      faultsOf(`${bad}<input id="b" aria-describedby="gone" aria-label="b"><label for="c">c</label>`),
    ).to.deep.equal([
      'two elements have the id a',
      'p has an inline style',
      'b has an inline onclick',
      'there is an inline script',
      'there is an inline style',
      'input n has no label',
      'a leads to an address that is not one of the web',
      'input refers to gone, which is not there',
      'label refers to c, which is not there',
    ]);
  });
});

describe('every page', () => {
  const kinds = new Map([
    ['as usual', pages()],
    ['for somebody who may look only', pages({ caller: { name: 'bob', role: 'read' } })],
    ['for nobody', pages({ caller: undefined, csrf: undefined })],
    ['with nothing on it', pages({ jobs: [], runs: [], failures: [], audit: [], next: null })],
    ['of hostile texts', hostilePages()],
  ]);

  for (const [kind, all] of kinds) {
    it(`has no inline script or style, no id twice, a label for every control: ${kind}`, () => {
      for (const [name, page] of all) expect(faultsOf(page), name).to.deep.equal([]);
    });

    it(`has one heading of the first kind, a title, a language and one main part: ${kind}`, () => {
      for (const [name, page] of all) {
        expect(page.match(/<h1/g), name).to.have.length(1);
        expect(page.match(/<main/g), name).to.have.length(1);
        expect(page, name)
          .to.match(/^<!doctype html>\n<html lang="en">/)
          .and.match(/<title>[^<]+<\/title>/);
      }
    });
  }

  it('shows whatever it is given as text', () => {
    for (const [name, page] of hostilePages()) {
      expect(page, name).to.not.match(/<script>|<img|(?![\n])\p{Cc}/u);
      expect(
        tagsOf(page).filter((tag) => tag.name === 'script'),
        name,
      ).to.have.length(1);
    }
  });

  it('has the form token in every form that changes something, and in no other', () => {
    for (const [name, page] of pages()) {
      for (const [form, attributes] of page.matchAll(/<form([^>]*)>.*?<\/form>/gs)) {
        const changes = attributes?.includes('method="post"') ?? false;
        expect(form.includes('name="csrf" value="c-1"'), `${name}: ${attributes}`).to.equal(changes);
      }
    }
  });

  it('offers nothing that changes something to who may only look, but for the way out', () => {
    for (const [name, page] of pages({ caller: { name: 'bob', role: 'read' } })) {
      if (/^(login|cancel|resume)/.test(name)) continue;
      const posts = [...page.matchAll(/method="post" action="([^"]*)"/g)].map(([, action]) => action);
      expect(posts, name).to.deep.equal(['/admin/logout']);
      expect(page, name).to.not.include('/admin/audit"').and.not.include('<dialog');
    }
  });

  it('stays a page with a thousand failures and very long texts', () => {
    const long = 'k'.repeat(2_000);
    const failures = Array.from({ length: 1_000 }, (_, index) => sampleFailure({ key: `${index}-${long}` }));
    const runs = [sampleEndedRun({ scope: { ids: Array.from({ length: 100 }, () => long) } })];
    const all = pages({ failures, runs });
    const page = all.get('run 0') ?? '';
    expect(faultsOf(page)).to.deep.equal([]);
    expect(page.match(/name="keys"/g)).to.have.length(1_000);
    expect(textOf(page)).to.include('All 1,000 items shown');
    expect(textOf(all.get('runs') ?? '').length).to.be.lessThan(2_000);
  });

  it('tells of numbers that are not known', () => {
    const progress = sampleProgress({
      total: null,
      inFlight: null,
      itemsPerSecond: null,
      waitedMs: null,
      timeLeftMs: null,
      isLive: false,
    });
    const text = textOf(pages({ runs: [sampleRun({ progress })] }).get('run 0') ?? '');
    expect(text).to.include('1,240 items settled').and.include('Speed – Time left – In flight – Held back –');
    expect(text).to.include('As its last checkpoint has it, 2026-09-30 06:00:07 UTC');
  });
});
