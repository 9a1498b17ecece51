/**
 * Who asks: by bearer token, else by session.
 *
 * Guarantees: what runs after `authenticate` has a caller, and when a session brought it with an unsafe method, the request
 * came from a page of that session. A bearer token needs no such proof: no page of another site can send one.
 * A request with an `Authorization` header is judged by that alone, whatever session it carries.
 */
import type { Context, Middleware } from 'koa';
import { AdminError } from '../admin-error.ts';
import { type Caller, type Role, roles } from '../admin-service.ts';
import { type Access, admitToken, challenge } from './access.ts';
import { isSafeMethod, siteOf } from './request-site.ts';
import { checkCsrf, type Session } from './sessions.ts';
import { callerOfToken } from './tokens.ts';

/** What `ctx.state` has after `authenticate`. */
export interface AccessState {
  caller: Caller;
  /** Undefined: it came with a bearer token. */
  session: Session | undefined;
}

export interface AuthenticateOptions {
  readonly access: Access;
  /**
   * Reads the body of a request into `ctx.request.body`, for the field `csrf` of forms. Runs after a session is known to be
   * good, so that nobody else's body is read. @default none: a body that was read before is looked at
   */
  readonly readBody?: Middleware;
}

// token68 of RFC 9110, as RFC 6750 has it.
const bearer = /^Bearer +([\w.~+/-]+=*)$/i;

/** @throws AdminError 401 without token or session, 403 for what a page of the session did not send, 429 as `FailuresLimit` */
export function authenticate({ access, readBody = (_ctx, next) => next() }: AuthenticateOptions): Middleware {
  return async (ctx, next) => {
    const state: AccessState = ctx.state;
    const { authorization } = ctx.headers;
    if (authorization === undefined) {
      const session = access.sessions.sessionOf(ctx);
      if (session === undefined) {
        throw new AdminError(401, 'expected a bearer token or a session, got neither; send a token or log in', {
          headers: { 'WWW-Authenticate': challenge },
        });
      }
      if (!isSafeMethod(ctx.method)) await refuseForged(ctx, session, readBody);
      state.session = session;
      state.caller = session.caller;
    } else {
      const [, presented] = bearer.exec(authorization) ?? [];
      state.caller = callerOfToken(await admitToken(access, ctx, presented));
      state.session = undefined;
    }
    await next();
  };
}

async function refuseForged(ctx: Context, session: Session, readBody: Middleware): Promise<void> {
  if (siteOf(ctx) === 'other') {
    throw new AdminError(403, 'expected a request from a page of the admin, got one from another site');
  }
  if (checkCsrf(session, ctx.get('X-CSRF-Token'))) return;
  await readBody(ctx, async () => {});
  const body: unknown = 'body' in ctx.request ? ctx.request.body : undefined;
  const field = typeof body === 'object' && body !== null && 'csrf' in body ? body.csrf : undefined;
  if (checkCsrf(session, field)) return;
  throw new AdminError(
    403,
    'expected the csrf token of this session, as the field csrf or the header x-csrf-token; load the page again',
  );
}

/** Lets those pass whose role is this one or above. @throws AdminError 403 */
export function requireRole(role: Role): Middleware {
  return async (ctx, next) => {
    const { caller } = accessOf(ctx);
    if (roles.indexOf(caller.role) < roles.indexOf(role)) {
      throw new AdminError(
        403,
        `expected a token with the role ${role}, got "${caller.name}" with the role ${caller.role}; ask for another`,
      );
    }
    await next();
  };
}

/** What `authenticate` found. @throws TypeError where it has not run: a defect of the app */
export function accessOf(ctx: Context): AccessState {
  const state: Partial<AccessState> = ctx.state;
  if (state.caller === undefined) throw new TypeError('expected authenticate to have run before this route');
  return { caller: state.caller, session: state.session };
}
