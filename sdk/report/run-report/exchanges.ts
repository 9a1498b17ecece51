/** What a failed item said to other services and what they answered, folded; secrets were blanked where it was kept. */

import type { HttpExchange } from '../../ledger/ledger.ts';
import { html, type Markup } from '../../page/markup.ts';
import { cut, formatCount, formatMs } from './words.ts';

const mostShown = 5;
const mostHeaders = 20;
const longest = { url: 500, header: 200, body: 2_000, error: 300 };

/** The last ones: they tell why it failed in the end. */
export function exchangesBlock(exchanges: readonly HttpExchange[]): Markup {
  const shown = exchanges.slice(-mostShown);
  const which = shown.length < exchanges.length ? `, the last ${shown.length}` : '';
  return html`<details><summary>${formatCount(exchanges.length, 'request')} and what came back${which}</summary>${shown.map(exchangeBlock)}</details>`;
}

function exchangeBlock(exchange: HttpExchange): Markup {
  const { method, url, status, error, durationMs } = exchange;
  return html`<div class="exchange"><p><b>${cut(method, 20)}</b> <code>${cut(url, longest.url)}</code></p>
${message(exchange.requestHeaders, exchange.requestBody)}
<p><b>${status === null ? 'no answer' : `${status}`}</b> ${error !== null && html`<span class="failed">${cut(error, longest.error)}</span> `}<span class="dim">in ${formatMs(durationMs)}</span></p>
${message(exchange.responseHeaders, exchange.responseBody)}</div>`;
}

function message(headers: HttpExchange['requestHeaders'], body: string | null): Markup | undefined {
  const lines = Object.entries(headers)
    .slice(0, mostHeaders)
    .map(([name, value]) => `${name}: ${cut(value, longest.header)}`);
  const text = [...lines, ...(body === null || body === '' ? [] : ['', cut(body, longest.body)])].join('\n').trim();
  // The first line break after the tag is not part of its text.
  return text === '' ? undefined : html`<pre>\n${text}</pre>`;
}
