/** Names and what they are, beside each other. */
import { type Content, html, type Markup } from '@stint/sdk';

/** Undefined: nothing is known, the line is left out. */
export type Fact = readonly [string, Content];

export function facts(list: readonly Fact[]): Markup {
  const known = list.filter(([, content]) => content !== undefined && content !== false);
  return html`<dl class="facts">${known.map(([name, content]) => html`<div><dt>${name}</dt><dd>${content}</dd></div>`)}</dl>`;
}
