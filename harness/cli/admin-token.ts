/** Tokens for the admin: who has one is let in, and its hash is all that the admin keeps. */
import { createHash, randomBytes } from 'node:crypto';
import { UsageError } from '@stint/sdk';

export const tokenRoles = ['read', 'trigger', 'admin'] as const;
export type TokenRole = (typeof tokenRoles)[number];

/** One of the array in STINT_ADMIN_TOKENS. */
export interface TokenEntry {
  readonly name: string;
  readonly role: TokenRole;
  /** Of the whole token, in hexadecimal. */
  readonly sha256: string;
}

export interface AdminToken {
  /** A secret: to be shown once, and nowhere kept. */
  readonly token: string;
  readonly entry: TokenEntry;
}

// It is shown in lists of runs and in the audit.
const nameForm = /^[A-Za-z0-9][\w.@-]{0,63}$/;

/** @throws UsageError for a name that could be mistaken */
export function makeAdminToken(name: string, role: TokenRole): AdminToken {
  if (!isTokenName(name)) {
    throw new UsageError(
      `expected a name of up to 64 letters, digits and . _ @ - that begins with a letter or a digit, got ${JSON.stringify(name)}`,
    );
  }
  const token = `stint_${randomBytes(32).toString('base64url')}`;
  return { token, entry: { name, role, sha256: createHash('sha256').update(token).digest('hex') } };
}

export function isTokenName(name: string): boolean {
  return nameForm.test(name);
}
