/** What shows that a form came from a page of ours. Every form that changes something has it. */
import { html, type Markup } from '@stint/sdk';

export function csrfField(csrf: string | undefined): Markup | undefined {
  return csrf === undefined ? undefined : html`<input type="hidden" name="csrf" value="${csrf}">`;
}
