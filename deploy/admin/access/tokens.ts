/**
 * Access tokens: who may ask the admin for what.
 *
 * Only hashes are configured, as STINT_ADMIN_TOKENS: `[{ "name": "qa", "role": "trigger", "sha256": "<64 hex digits>" }]`. A
 * plain SHA-256 is enough for tokens that `makeToken` made, 32 random bytes; it is not for what a person thought up.
 *
 * Guarantees: how long a comparison takes tells neither which token was meant nor how much of it was right; neither a token
 * nor a hash is in an error or in what `findCaller` returns.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { UsageError } from '@stint/sdk';
import { type Caller, type Role, roles } from '../admin-service.ts';

/** A token as it is configured. */
export interface AccessToken {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token: 64 hex digits, lower case. */
  readonly sha256: string;
}

/** Fit for a log line and a header as it is. */
export const tokenName = /^[A-Za-z0-9._-]{1,40}$/;

/** Whose token was presented. Compares with every one, always. */
export function findToken(tokens: readonly AccessToken[], presented: string): AccessToken | undefined {
  const hash = createHash('sha256').update(presented).digest();
  let found: AccessToken | undefined;
  for (const token of tokens) {
    if (timingSafeEqual(hash, Buffer.from(token.sha256, 'hex'))) found = token;
  }
  return found;
}

/** Who presented it; undefined: the token is not configured. */
export function findCaller(tokens: readonly AccessToken[], presented: string): Caller | undefined {
  const token = findToken(tokens, presented);
  return token === undefined ? undefined : callerOfToken(token);
}

export function callerOfToken({ name, role }: AccessToken): Caller {
  return { name, role };
}

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

/**
 * A new token: `token` for its bearer, shown once; `entry` for STINT_ADMIN_TOKENS.
 * @throws UsageError for a name or a role that is none
 */
export function makeToken(name: string, role: string): { readonly token: string; readonly entry: AccessToken } {
  if (!tokenName.test(name)) {
    throw new UsageError(
      'expected the name of a token to be 1 to 40 letters, digits, dots, dashes and underscores; choose another',
    );
  }
  if (!isRole(role)) throw new UsageError(`expected the role ${roles.join(', ')}, got another; choose one of these`);
  const token = `stint_${randomBytes(32).toString('base64url')}`;
  return { token, entry: { name, role, sha256: createHash('sha256').update(token).digest('hex') } };
}
