import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { failuresSection } from './failures-section.ts';
import { readRedriveForm } from './redrive-form.ts';
import { tagsOf } from './testing/read-page.ts';
import { sampleEndedRun, sampleFailure } from './testing/sample-views.ts';

describe('the form of a redrive', () => {
  it('carries every key as it is', () => {
    const anyKey = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '"a"', '\ud800', 'a\r\nb'),
    );
    fc.assert(
      fc.property(fc.uniqueArray(anyKey, { minLength: 1, maxLength: 20 }), (keys) => {
        const failures = { items: keys.map((key) => sampleFailure({ key })), next: null };
        const run = sampleEndedRun();
        const { html } = failuresSection({ run, failures, error: undefined, mayRedrive: true, csrf: 'c-1' });
        // What reaches a browser is UTF-8, and what it sends back has its lines ended anew.
        const page = Buffer.from(html, 'utf8').toString('utf8');
        const boxes = tagsOf(page).filter(({ attributes }) => attributes.get('name') === 'keys');
        const sent = boxes.map(({ attributes }) => (attributes.get('value') ?? '').replace(/\r\n|\r|\n/g, '\r\n'));
        expect(readRedriveForm({ which: 'selected', keys: sent }).body).to.deep.equal({ keys });
      }),
      { numRuns: 300 },
    );
  });

  it('is everything only when that was asked for', () => {
    expect(readRedriveForm({ which: 'all', keys: ['1'], error: 'E' })).to.deep.equal({ body: {}, problems: [] });
    for (const fields of [
      {},
      { which: 'selected' },
      { keys: [] },
      { which: 'error' },
      { which: 'error', error: '' },
      { which: 'ALL' },
    ])
      expect(readRedriveForm(fields).problems, JSON.stringify(fields)).to.have.length(1);
  });

  it('takes one key as well as several, each once', () => {
    expect(readRedriveForm({ which: 'selected', keys: '1' }).body).to.deep.equal({ keys: ['1'] });
    expect(readRedriveForm({ keys: ['1', '2', '1'] }).body).to.deep.equal({ keys: ['1', '2'] });
    expect(readRedriveForm({ error: 'STINT_HTTP_500' }).body).to.deep.equal({ error: 'STINT_HTTP_500' });
    expect(readRedriveForm({ keys: ['1', '"'] }).problems).to.have.length(1);
  });
});
