/**
 * What access the admin is started with.
 *
 *   STINT_ADMIN_TOKENS           see `tokens.ts`
 *   STINT_ADMIN_SESSION_SECRET   makes the keys that sessions are signed with, together with the hashes @default the hashes alone
 *
 * Guarantees: without a token that somebody configured, nobody beyond this machine is let in, nor is anybody in production.
 */
import { isIPv4 } from 'node:net';
import { EnvironmentError, type Problem } from '@stint/sdk';
import { parseTokens } from './parse-tokens.ts';
import { type AccessToken, makeToken } from './tokens.ts';

export interface AccessConfig {
  /** Text of STINT_ADMIN_TOKENS. */
  readonly tokens: string | undefined;
  /** Text of STINT_ADMIN_SESSION_SECRET, at least 32 characters. @default none */
  readonly sessionSecret?: string | undefined;
  /** On somebody's own machine: with a loopback host, plain http will do, and a token is made when there is none. */
  readonly development: boolean;
  /** What the server listens on. */
  readonly host: string;
}

export interface ResolvedAccess {
  readonly tokens: readonly AccessToken[];
  /** The token that was made for this process, for its start to print; undefined: there are configured ones. */
  readonly madeToken: string | undefined;
  readonly sessionSecret: string;
  /** Whether sessions are for https only. */
  readonly secureCookies: boolean;
}

const shortestSecret = 32;
const howTo = 'run `npx stint admin-token <name> --role <role>` and put the entry that it prints into this array';

/** @throws EnvironmentError for tokens that do not fit, or are not there and must be */
export function resolveAccess({ tokens: text, sessionSecret = '', development, host }: AccessConfig): ResolvedAccess {
  const isLocal = development && isLoopback(host);
  const tokens = parseTokens(text);
  const problems: Problem[] = [];
  if (tokens.length === 0 && !isLocal) {
    problems.push({
      path: 'STINT_ADMIN_TOKENS',
      message: `expected at least one token, got none, and nobody could be let in; ${howTo}`,
    });
  }
  if (sessionSecret !== '' && sessionSecret.length < shortestSecret) {
    const message = `expected at least ${shortestSecret} characters; make one with \`openssl rand -base64 32\``;
    problems.push({ path: 'STINT_ADMIN_SESSION_SECRET', message });
  }
  if (problems.length > 0) throw new EnvironmentError('the admin does not start', problems);
  if (tokens.length > 0) return { tokens, madeToken: undefined, sessionSecret, secureCookies: !isLocal };
  const { token, entry } = makeToken('development', 'admin');
  return { tokens: [entry], madeToken: token, sessionSecret, secureCookies: false };
}

/** Whether only this machine reaches it. A name other than `localhost` may mean anything. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}
