/** The blocks a report is put together from: a section, a table, a list of facts. */
import { type Content, html, type Markup } from '../../page/markup.ts';

export type Fact = readonly [name: string, value: Content];

/** A value of undefined or false leaves its fact out. */
export function factList(facts: readonly Fact[]): Markup {
  const shown = facts.filter(([, value]) => value !== undefined && value !== false);
  return html`<dl>${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export function section(id: string, title: Content, content: Content): Markup {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}
</section>
`;
}

export interface Column {
  readonly name: string;
  /** A figure stands at the right. @default text */
  readonly look?: 'figure' | 'wide';
}

/** Rows beyond the first 30 are counted. The first cell of each names it. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Content[])[]): Markup {
  const lookOf = (index: number) => columns[index]?.look !== undefined && html` class="${columns[index]?.look}"`;
  const shown = rows.slice(0, mostRows);
  // It may be wider than a small screen, and then is scrolled by keyboard too.
  return html`<div class="scrolled" role="group" aria-label="${caption}" tabindex="0"><table class="rows">
<thead><tr>${columns.map(({ name }, index) => html`<th scope="col"${lookOf(index)}>${name}</th>`)}</tr></thead>
<tbody>${shown.map(
    ([first, ...cells]) =>
      html`<tr><th scope="row"${lookOf(0)}>${first}</th>${cells.map((cell, index) => html`<td${lookOf(index + 1)}>${cell}</td>`)}</tr>\n`,
  )}</tbody>
</table></div>${rows.length > mostRows && html`<p class="dim">and ${rows.length - mostRows} more</p>`}`;
}

const mostRows = 30;
