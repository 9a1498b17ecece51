/** HTML from template strings: whatever is put in is escaped, unless it is markup itself. */

export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

/** Undefined and false leave nothing behind. */
export type Content = Markup | string | number | undefined | false | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe in text and in quoted attributes; not in scripts, styles or addresses. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(strings.reduce((text, part, index) => `${text}${render(contents[index - 1])}${part}`));
}

function render(content: Content): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Markup) return content.html;
  if (typeof content === 'object') return content.map(render).join('');
  // Control characters have no place in a page, and would not be seen.
  return `${content}`.replace(/(?![\t\n\r])\p{Cc}/gu, '\ufffd').replace(/[&<>"']/g, (sign) => entities[sign] ?? '');
}
