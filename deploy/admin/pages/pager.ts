/** The way to the next page of a list. */
import { html, type Markup } from '@stint/sdk';

export function olderLink(href: string | undefined, label = 'Older'): Markup | undefined {
  return href === undefined
    ? undefined
    : html`<nav class="pager" aria-label="Pages"><a class="button" rel="next" href="${href}">${label}</a></nav>`;
}
