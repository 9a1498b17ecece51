/** Names and what they are, beside each other. */
import { formatNumber } from '../assets/format.js';
import { type Content, html, type Markup } from './markup.ts';

/** Undefined: nothing is known, the line is left out. */
export type Fact = readonly [string, Content];

export function facts(list: readonly Fact[]): Markup {
  const known = list.filter(([, content]) => content !== undefined && content !== false);
  return html`<dl class="facts">${known.map(([name, content]) => html`<div><dt>${name}</dt><dd>${content}</dd></div>`)}</dl>`;
}

/** `settled 12, failed 3`, the most first; undefined when there are none. */
export function countsText(counts: Readonly<Record<string, number>>): string | undefined {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return entries.length === 0 ? undefined : entries.map(([name, count]) => `${name} ${formatNumber(count)}`).join(', ');
}
