import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Trial } from '../point.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { sweepPage } from './page.ts';

const nothing = {
  findings: [],
  workedTwice: 0,
  mayWorkTwice: 0,
  repeatedWithKey: 0,
  repeatedWithoutKey: 0,
  durationMs: 1,
};

function pointOf(id: string, title: string) {
  return { id, kind: 'crash', title, at: undefined, effect: 7 } as const;
}

describe('the page of a sweep', () => {
  it('escapes all that comes from a run', () => {
    const page = sweepPage(
      sampleReport([{ point: pointOf('crash:7:after', 'killed after GET /<script>alert(1)</script>'), ...nothing }]),
    );
    expect(page).not.to.contain('<script');
    expect(page).to.contain('7. GET /&lt;script&gt;alert(1)').and.to.contain('j/&lt;c&gt;');
  });

  it('leads from a red point to its story, and has none that are green or grey as links', () => {
    const findings = [{ kind: 'differs', text: 'a row is missing' }] as const;
    const trials: Trial[] = [
      { point: pointOf('crash:7:before', 'killed before POST /a'), ...nothing },
      { point: pointOf('crash:7:after', 'killed after POST /a'), ...nothing, findings },
      { point: pointOf('crash:7:signal', 'interrupted at POST /a'), ...nothing, notTried: 'no reason' },
    ];
    const story = {
      id: 'crash:7:after',
      kind: 'crash',
      text: 'killed after POST /a: a row is missing',
      at: 'jobs/j/job.ts:4',
      advice: 'mend it',
      command: 'npx stint sweep j --point crash:7:after',
      findings,
      points: ['crash:7:after'],
    } as const;
    const page = sweepPage(sampleReport(trials, [story]));
    expect(page.match(/<a class="cell bad" href="#story-1"/g)).to.have.lengthOf(1);
    expect(page.match(/class="cell (good|none)"/g)).to.have.lengthOf(2);
    expect(page).to.contain('id="story-1"').and.to.contain('jobs/j/job.ts:4').and.to.contain('mend it');
    expect(page).to.contain('not tried, no reason');
  });
});
