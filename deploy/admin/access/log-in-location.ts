/**
 * Where somebody without a session is sent, and where back from there.
 *
 * Guarantees: `to` leads to a page of the admin, on the host that was asked, whatever was put there.
 */
import type { Context } from 'koa';

const home = '/admin';
const longestTarget = 2_000;
/** Log-in and log-out: nobody wants to go back there. */
const passages: ReadonlySet<string> = new Set(['/admin/login', '/admin/logout']);

/** Whether the answer is for a person's browser, by `Accept`; else it is for a program. */
export function wantsPage(ctx: Context): boolean {
  return ctx.accepts('json', 'html') === 'html';
}

/** For a 401 to a browser: the log-in, and where to go on after it. */
export function logInLocation(ctx: Context): string {
  const to = ctx.method === 'GET' || ctx.method === 'HEAD' ? safeTarget(ctx.originalUrl) : home;
  return `/admin/login?to=${encodeURIComponent(to)}`;
}

/** `raw` if it is a path of the admin, else its first page. */
export function safeTarget(raw: unknown): string {
  // Visible ASCII only: browsers drop or change some of the rest before they look where it leads.
  if (typeof raw !== 'string' || raw.length > longestTarget || !/^\/admin[!-~]*$/.test(raw)) return home;
  if (raw.includes('//') || raw.includes('\\') || !URL.canParse(raw, 'http://admin.invalid')) return home;
  // Parsed as a browser does: what climbs out by `..` or `%2e%2e` shows.
  const { origin, pathname, search } = new URL(raw, 'http://admin.invalid');
  const isOurs = origin === 'http://admin.invalid' && (pathname === home || pathname.startsWith(`${home}/`));
  return isOurs && !passages.has(pathname.replace(/\/+$/, '')) ? pathname + search : home;
}
