/** What a failed item said to other services and what they answered; secrets are blanked where it was recorded. */

import { html, type Markup } from '@stint/sdk';
import { formatCount, formatMs } from '../assets/format.js';
import type { FailureView } from '../schemas.ts';

type Exchange = FailureView['exchanges'][number];

export function exchangesOf({ exchanges }: FailureView, id: string): Markup | undefined {
  if (exchanges.length === 0) return undefined;
  return html`<details id="${id}"><summary>${formatCount(exchanges.length, 'request')}</summary>${exchanges.map(exchangeOf)}</details>`;
}

function exchangeOf(exchange: Exchange): Markup {
  const { method, url, status, error, durationMs } = exchange;
  const answer = status === null ? 'no answer' : `${status}`;
  return html`<div class="exchange"><p><b>${method}</b> <code>${url}</code></p>
${message(exchange.requestHeaders, exchange.requestBody)}
<p><b>${answer}</b> ${error !== null && html`<span class="bad">${error}</span> `}<span class="dim">in ${formatMs(durationMs)}</span></p>
${message(exchange.responseHeaders, exchange.responseBody)}</div>`;
}

function message(headers: Exchange['requestHeaders'], body: string | null): Markup | undefined {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const text = [...lines, ...(body === null || body === '' ? [] : ['', body])].join('\n').trim();
  // The first line break after the tag is not part of its text.
  return text === '' ? undefined : html`<pre>\n${text}</pre>`;
}
