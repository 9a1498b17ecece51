import { expect } from 'chai';
import { describe, it } from 'mocha';
import { html, Markup } from './markup.ts';

describe('page/markup', () => {
  it('escapes what is put in, in text and in attributes, but not markup', () => {
    const bad = `<script>"&'`;
    expect(html`<p title="${bad}">${bad}${html`<b>${1}</b>`}</p>`.html).to.equal(
      '<p title="&lt;script&gt;&quot;&amp;&#39;">&lt;script&gt;&quot;&amp;&#39;<b>1</b></p>',
    );
    expect(html`${new Markup('<i>')}`.html).to.equal('<i>');
  });

  it('puts lists in as they are, and nothing for undefined and false', () => {
    expect(html`${['a', html`<br>`, [undefined, false, 0]]}.`.html).to.equal('a<br>0.');
  });

  it('shows control characters as what cannot be shown', () => {
    expect(html`${'a\0b\u001b[c\td\n'}`.html).to.equal('a\ufffdb\ufffd[c\td\n');
  });
});
