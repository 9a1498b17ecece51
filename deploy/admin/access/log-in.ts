/** Logging in and out with a browser. */
import type { Context } from 'koa';
import { AdminError } from '../admin-error.ts';
import { type Access, admitToken } from './access.ts';
import { siteOf } from './request-site.ts';
import type { Session } from './sessions.ts';

/**
 * Begins a session with this answer.
 * @param presented the form's field, whatever it is
 * @throws AdminError 401 for a token that is not configured, 429 after too many of them, 403 for a form of another site, 400
 * over plain http
 */
export async function logIn(access: Access, ctx: Context, presented: unknown): Promise<Session> {
  // There is no session yet that could have a csrf token: browsers have to say where the form was.
  if (['other', 'hidden'].includes(siteOf(ctx))) {
    throw new AdminError(403, 'expected the log-in form of the admin, got one of another site; open /admin/login');
  }
  // A token that was copied often comes with a line end.
  const token = await admitToken(access, ctx, typeof presented === 'string' ? presented.trim() : undefined);
  return access.sessions.start(ctx, token);
}

/** For a route behind `authenticate`, so that no other site logs anybody out. */
export function logOut(access: Access, ctx: Context): void {
  access.sessions.end(ctx);
}
