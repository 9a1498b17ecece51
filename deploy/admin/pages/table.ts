/** A table that scrolls by itself where it is wider than the screen, and can be reached with the keyboard to do so. */
import { type Content, html, type Markup } from '@stint/sdk';

export interface Column {
  readonly name: string;
  /** Figures stand to the right, sentences and keys have room and an end of it, lines are cut. @default a word or two */
  readonly look?: 'figure' | 'sentence' | 'key' | 'line' | undefined;
  /** Left out where there is little room. @default false */
  readonly isExtra?: boolean | undefined;
}

export interface TableParts {
  /** For those who do not see it; a heading says it for those who do. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Content[])[];
}

export function table({ caption, columns, rows }: TableParts): Markup {
  return html`<div class="scroll" role="region" aria-label="Table: ${caption}" tabindex="0"><table>
<caption class="unseen">${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${classOf(column)}>${column.name}</th>`)}</tr></thead>
<tbody>
${rows.map((cells) => html`<tr>${cells.map((cell, index) => html`<td${classOf(columns[index])}>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

function classOf(column: Column | undefined): Markup | undefined {
  const classes = [column?.look, column?.isExtra === true && 'extra'].filter((name) => typeof name === 'string');
  return classes.length === 0 ? undefined : html` class="${classes.join(' ')}"`;
}
