/**
 * Which site a request comes from, as the browser tells: a page cannot change these headers.
 *
 * `Sec-Fetch-Site` comes before `Origin`: the admin's own forms send `Origin: null`, because their pages ask for no referrer.
 */
import type { Context } from 'koa';

/** `hidden`: a browser sent it and does not say from where; `unsaid`: nothing is told, as by programs. */
export type RequestSite = 'same' | 'other' | 'hidden' | 'unsaid';

export function siteOf(ctx: Context): RequestSite {
  const site = ctx.get('Sec-Fetch-Site');
  if (site === 'same-origin') return 'same';
  // A sibling under the same domain (`same-site`) is a stranger here too. `none` is the person, by the address bar.
  if (site !== '' && site !== 'none') return 'other';
  const origin = ctx.get('Origin');
  if (origin === '') return 'unsaid';
  if (origin === 'null') return 'hidden';
  // Not `ctx.origin`: since Koa 3 that is this header again.
  const own = `${ctx.protocol}://${ctx.host}`;
  if (!URL.canParse(origin) || !URL.canParse(own)) return 'other';
  return new URL(origin).origin === new URL(own).origin ? 'same' : 'other';
}

/** Whether it is only to look, by RFC 9110. */
export function isSafeMethod(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method);
}
