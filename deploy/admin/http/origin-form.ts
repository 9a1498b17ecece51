/**
 * The target of a request, as all that follows takes it for granted: a path and a query.
 *
 * Guarantees: `ctx.url` begins with `/`. Of an absolute target, which servers have to take by RFC 9112, path and query are left, whatever
 * host it names; what is no target at all is the address of nothing.
 */
import type { Context, Next } from 'koa';

const nowhere = '/*';

export function toOriginForm(ctx: Context, next: Next): Promise<void> {
  if (!ctx.url.startsWith('/')) ctx.url = pathOf(ctx.url);
  return next();
}

function pathOf(target: string): string {
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return nowhere;
  const { pathname, search } = new URL(target);
  return pathname + search;
}
