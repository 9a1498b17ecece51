/** A real server with every middleware of access in the order in which the admin has them, and a few routes behind it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import { Agent, request } from 'undici';
import { AdminError } from '../../admin-error.ts';
import { type Role, roles } from '../../admin-service.ts';
import { formOf, readFormBody } from '../../http/body.ts';
import { type OpenAccessOptions, openAccess } from '../access.ts';
import { accessOf, authenticate, requireRole } from '../authenticate.ts';
import { securityHeaders } from '../headers.ts';
import { logIn, logOut } from '../log-in.ts';
import { logInLocation, safeTarget, wantsPage } from '../log-in-location.ts';
import { type AccessToken, makeToken } from '../tokens.ts';

export interface AccessAppOptions extends OpenAccessOptions {
  /** @default one of each role, named as its role */
  readonly tokens?: readonly AccessToken[];
  readonly sessionSecret?: string;
  /** @default true */
  readonly secureCookies?: boolean;
  /** Whether the proxy's word is taken, of which each request says that it came by https. @default true */
  readonly proxy?: boolean;
}

export interface Sent {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The lines of `Set-Cookie`. */
  readonly cookies: readonly string[];
}

const made = roles.map((role) => makeToken(role, role));
const theTokens = Object.fromEntries(made.map(({ token, entry }) => [entry.role, token])) as Record<Role, string>;

export const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

export async function openAccessApp({
  tokens = made.map(({ entry }) => entry),
  sessionSecret = '',
  secureCookies = true,
  proxy = true,
  ...options
}: AccessAppOptions = {}) {
  const access = openAccess({ tokens, sessionSecret, secureCookies }, options);
  const app = new Koa({ proxy, maxIpsCount: 1 });
  app.keys = access.sessions.keys;
  /** What got through to a route. */
  const reached: string[] = [];
  /** What no middleware made an answer of. */
  const errors: unknown[] = [];
  app.on('error', (error) => errors.push(error));
  app.use(securityHeaders());
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      if (error.status === 401 && wantsPage(ctx)) return ctx.redirect(logInLocation(ctx));
      ctx.status = error.status;
      ctx.set(error.headers);
      ctx.body = { detail: error.message };
    }
  });

  const readBody = readFormBody;
  const open = new Router();
  open.get('/admin/assets/style.css', (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.body = 'body{}';
  });
  open.get('/admin/login', (ctx) => {
    ctx.body = 'a form';
  });
  open.post('/admin/login', readBody, async (ctx) => {
    const { token, to } = formOf(ctx);
    const session = await logIn(access, ctx, token);
    ctx.set('X-Test-Csrf', session.csrf);
    ctx.redirect(safeTarget(to));
  });
  app.use(open.routes());
  app.use(authenticate({ access, readBody }));
  const closed = new Router();
  closed.all('/admin/who', (ctx) => {
    const { caller, session } = accessOf(ctx);
    reached.push(`${ctx.method} ${caller.name}`);
    ctx.body = { caller, csrf: session?.csrf ?? null };
  });
  for (const role of roles) {
    closed.get(`/admin/for/${role}`, requireRole(role), (ctx) => {
      ctx.body = role;
    });
  }
  closed.post('/admin/logout', (ctx) => {
    logOut(access, ctx);
    ctx.redirect('/admin/login');
  });
  app.use(closed.routes());

  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent = new Agent();

  async function send(path: string, { method = 'GET', headers = {}, body = '' }: Sent = {}): Promise<Got> {
    const answer = await request(`${origin}${path}`, {
      method,
      // As the proxy in front of it says.
      headers: { 'X-Forwarded-Proto': 'https', ...headers },
      ...(body === '' ? {} : { body }),
      dispatcher: agent,
    });
    const cookies = [answer.headers['set-cookie'] ?? []].flat();
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text(), cookies };
  }

  /** Logs in, and returns what a browser would then send, and the session's csrf token. */
  async function logInAs(role: Role, headers: Readonly<Record<string, string>> = {}) {
    const body = new URLSearchParams({ token: theTokens[role] }).toString();
    const { cookies, headers: got } = await send('/admin/login', {
      method: 'POST',
      headers: { ...form, ...headers },
      body,
    });
    return { Cookie: cookies.map((line) => line.split(';')[0]).join('; '), csrf: String(got['x-test-csrf']) };
  }

  return {
    access,
    origin,
    /** By role. */
    tokens: theTokens,
    entries: made.map(({ entry }) => entry),
    reached,
    errors,
    send,
    logInAs,
    async [Symbol.asyncDispose]() {
      await agent.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
