/**
 * The keys that sessions are signed with: the same in every instance with the same configuration, others when any token of it
 * has changed.
 *
 * Does not guarantee that hashes alone are harmless: without a secret, whoever reads STINT_ADMIN_TOKENS can sign a session.
 * Keep it where secrets are kept, or set STINT_ADMIN_SESSION_SECRET.
 */
import { createHash, hkdfSync } from 'node:crypto';
import Keygrip from 'keygrip';
import type { AccessToken } from './tokens.ts';

export interface SessionKeys {
  /** For `app.keys`: Koa's own cookies are signed with it. */
  readonly cookies: Keygrip;
  readonly csrf: Keygrip;
}

export function deriveSessionKeys(tokens: readonly AccessToken[], secret: string): SessionKeys {
  // Sorted: the order in which tokens are listed says nothing.
  const hashes = tokens.map(({ sha256 }) => sha256).sort();
  const material = JSON.stringify([secret, hashes]);
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', material, '', purpose, 32)).toString('base64url');
  return {
    cookies: new Keygrip([derive('stint admin session')], 'sha256'),
    csrf: new Keygrip([derive('stint admin csrf')], 'sha256'),
  };
}

/** Names a token in a cookie without its hash. */
export function tokenId({ sha256 }: AccessToken): string {
  return createHash('sha256').update(`stint admin token ${sha256}`).digest('base64url').slice(0, 22);
}
