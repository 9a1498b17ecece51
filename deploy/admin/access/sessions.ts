/**
 * Sessions of browsers: a signed cookie, and nothing on the server, so that any instance knows any session.
 *
 * Guarantees: a session ends 12 hours after its log-in, and when its token is configured no longer; no script reads the
 * cookie, and no request from another site carries it; it holds neither the token nor its hash.
 * Does not guarantee: that a copy of a cookie ends with the log-out, as nobody keeps a list of those that did.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Clock, systemClock } from '@stint/sdk';
import type { Context } from 'koa';
import { AdminError } from '../admin-error.ts';
import type { Caller } from '../admin-service.ts';
import { deriveSessionKeys, type SessionKeys, tokenId } from './session-keys.ts';
import { type AccessToken, callerOfToken } from './tokens.ts';

export interface Session {
  readonly caller: Caller;
  /** What forms of this session send as `csrf`, or requests as `x-csrf-token`. */
  readonly csrf: string;
}

export interface SessionsOptions {
  readonly tokens: readonly AccessToken[];
  /** @default none: see `session-keys.ts` */
  readonly sessionSecret?: string;
  /** For https only; false: on loopback in development. @default true */
  readonly secureCookies?: boolean;
  /** @default the machine's own */
  readonly clock?: Pick<Clock, 'now'>;
}

export const sessionCookie = 'stint_session';
export const sessionMaxAgeMs = 12 * 60 * 60 * 1_000;
/** How far the clocks of two instances may be apart. */
const clockSkewMs = 60_000;
const cookieValue = /^([\w-]{22})\.(\d{1,15})\.([\w-]{22})$/;

export class Sessions {
  readonly #tokens: ReadonlyMap<string, AccessToken>;
  readonly #keys: SessionKeys;
  readonly #secureCookies: boolean;
  readonly #clock: Pick<Clock, 'now'>;

  constructor({ tokens, sessionSecret = '', secureCookies = true, clock = systemClock }: SessionsOptions) {
    this.#tokens = new Map(tokens.map((token) => [tokenId(token), token]));
    this.#keys = deriveSessionKeys(tokens, sessionSecret);
    this.#secureCookies = secureCookies;
    this.#clock = clock;
  }

  /** `app.keys` has to be this. */
  get keys(): SessionKeys['cookies'] {
    return this.#keys.cookies;
  }

  /** Begins one with this answer. @throws AdminError 400 over plain http, where the browser would drop the cookie */
  start(ctx: Context, token: AccessToken): Session {
    if (this.#secureCookies && !ctx.secure) {
      throw new AdminError(
        400,
        'expected https, got plain http; use https, and when a proxy ends it, let the admin trust that proxy',
      );
    }
    const nonce = randomBytes(16).toString('base64url');
    const value = `${tokenId(token)}.${this.#clock.now()}.${nonce}`;
    ctx.cookies.set(sessionCookie, value, { ...this.#attributes(ctx), maxAge: sessionMaxAgeMs });
    return this.#session(token, nonce);
  }

  /** The session that a request carries, if it is one of ours and still good. */
  sessionOf(ctx: Context): Session | undefined {
    const [, id = '', issuedAt = '', nonce = ''] =
      cookieValue.exec(ctx.cookies.get(sessionCookie, { signed: true }) ?? '') ?? [];
    const token = this.#tokens.get(id);
    if (token === undefined) return undefined;
    const ageMs = this.#clock.now() - Number(issuedAt);
    if (ageMs >= sessionMaxAgeMs || ageMs < -clockSkewMs) return undefined;
    return this.#session(token, nonce);
  }

  /** Takes the cookie away from the browser. */
  end(ctx: Context): void {
    ctx.cookies.set(sessionCookie, null, this.#attributes(ctx));
  }

  #session(token: AccessToken, nonce: string): Session {
    return { caller: callerOfToken(token), csrf: this.#keys.csrf.sign(nonce) };
  }

  #attributes(ctx: Context) {
    return {
      signed: true,
      httpOnly: true,
      sameSite: 'strict',
      path: '/admin',
      secure: ctx.secure,
      overwrite: true,
    } as const;
  }
}

/** Whether a form or a script of this session sent it. Takes the same time for all that is wrong. */
export function checkCsrf(session: Session, presented: unknown): boolean {
  if (typeof presented !== 'string') return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(presented), digest(session.csrf));
}
