/** What the middlewares of access share. */
import type { Clock } from '@stint/sdk';
import type { Context } from 'koa';
import { AdminError } from '../admin-error.ts';
import { FailuresLimit, type FailuresLimitOptions } from './failures-limit.ts';
import type { ResolvedAccess } from './resolve-access.ts';
import { Sessions } from './sessions.ts';
import { type AccessToken, findToken } from './tokens.ts';

export interface Access {
  readonly tokens: readonly AccessToken[];
  readonly sessions: Sessions;
  readonly failures: FailuresLimit;
}

export interface OpenAccessOptions {
  /** @default 10 failures a minute */
  readonly limit?: FailuresLimitOptions;
  /** Of sessions. @default the machine's own */
  readonly clock?: Pick<Clock, 'now'>;
}

export function openAccess(
  { tokens, sessionSecret, secureCookies }: Omit<ResolvedAccess, 'madeToken'>,
  { limit = {}, clock }: OpenAccessOptions = {},
): Access {
  const sessions = new Sessions({ tokens, sessionSecret, secureCookies, ...(clock === undefined ? {} : { clock }) });
  return { tokens, sessions, failures: new FailuresLimit(limit) };
}

/** Of every 401, by RFC 6750. */
export const challenge = 'Bearer realm="stint"';

/**
 * The token that was presented, if it is configured; else the failure is counted.
 * @param presented undefined: what came can be no token
 * @throws AdminError 401, or 429 after too many failures
 */
export async function admitToken(access: Access, ctx: Context, presented: string | undefined): Promise<AccessToken> {
  const token = presented === undefined ? undefined : findToken(access.tokens, presented);
  if (token !== undefined) return token;
  await access.failures.count(ctx.ip);
  const what = presented === undefined ? 'something else' : 'one that is not';
  throw new AdminError(401, `expected an access token that is configured here, got ${what}; ask for one`, {
    headers: { 'WWW-Authenticate': `${challenge}, error="invalid_token"` },
  });
}
