/**
 * How a database is reached, as the environment names it:
 *
 *   DATABASE_URL       where, as whom, and by its `sslmode` whether by TLS: see `postgres-tls.ts`
 *   DATABASE_CA_FILE   a PEM file of the CAs that are trusted for it, and no others
 *                      @default for a host of RDS those of RDS and RDS Proxy, else those that Node trusts
 *   DATABASE_AUTH      `iam`: logs in with a token of IAM, a new one for each connection, for the region AWS_REGION
 *                      @default `password`: the one in the URL
 *
 * Finds what cannot be right before anything connects. Loads no driver.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Problem } from '../errors.ts';
import type { EnvironmentValues } from '../input.ts';
import { hostOf, isRdsHost, saidTlsMode, tlsModeOf } from './postgres-tls.ts';

export interface PostgresConfig {
  /** `postgres://user:password@host:port/database` */
  readonly connectionString: string;
  /** Connections for queries; a source has one of its own. @default the job's concurrency, at most 20 */
  readonly maxConnections?: number;
  /** The CAs that are trusted, and no others, as PEM. @default for a host of RDS its own, else those that Node trusts */
  readonly ca?: string;
  /** Logs in with tokens of IAM, signed for this region. @default with the password of the URL */
  readonly iam?: { readonly region: string };
}

/** Nothing is read of a URL that is not set. */
export function readPostgresConfig(environment: EnvironmentValues, problems: Problem[]): PostgresConfig | undefined {
  const { DATABASE_URL: connectionString, DATABASE_CA_FILE: caFile } = environment;
  if (!connectionString) return undefined;
  const iam = readIam(environment, problems);
  const ca = caFile ? readCa(caFile, problems) : undefined;
  const config = { connectionString, ...(iam === undefined ? {} : { iam }), ...(ca === undefined ? {} : { ca }) };
  problems.push(...problemsOf(config));
  return config;
}

// Those of pg, which takes any other for a server of PostgreSQL too.
const protocols = ['postgres:', 'postgresql:', 'socket:'];

/** What cannot be right in a config, wherever it comes from; named by the variable that is to change. */
export function problemsOf({ connectionString, ca, iam }: PostgresConfig): readonly Problem[] {
  if (!URL.canParse(connectionString)) {
    return [{ path: 'DATABASE_URL', message: 'expected a URL; what it holds is none' }];
  }
  const url = new URL(connectionString);
  // It may be the ARN of a secret: nothing of it is shown.
  if (!protocols.includes(url.protocol)) {
    const message = 'expected a URL like postgres://host:5432/database, got one of something else';
    return [{ path: 'DATABASE_URL', message }];
  }
  return [...tlsProblems(url, ca !== undefined), ...(iam === undefined ? [] : iamProblems(url, ca !== undefined))];
}

function tlsProblems(url: URL, hasCa: boolean): readonly Problem[] {
  const said = saidTlsMode(url);
  if (said === undefined) {
    const message = 'expected its sslmode to be verify-full, no-verify or disable, got something else';
    return [{ path: 'DATABASE_URL', message }];
  }
  if (said === 'verified' || said === 'unsaid') return [];
  const what = said === 'off' ? 'turns TLS off' : 'turns the verifying of certificates off';
  if (isRdsHost(hostOf(url))) {
    const message = `${what}, but its host is of RDS, which is reached by verified TLS alone; take the sslmode out`;
    return [{ path: 'DATABASE_URL', message }];
  }
  if (!hasCa) return [];
  return [{ path: 'DATABASE_CA_FILE', message: `is set, but DATABASE_URL ${what}; set its sslmode to verify-full` }];
}

function iamProblems(url: URL, hasCa: boolean): readonly Problem[] {
  const problems: Problem[] = [];
  const expect = (isSo: boolean, message: string) => isSo || problems.push({ path: 'DATABASE_URL', message });
  const { username, password, searchParams } = url;
  expect(
    password === '' && !searchParams.has('password'),
    'holds a password, but with DATABASE_AUTH=iam a token takes its place; take the password out',
  );
  expect(
    username !== '' || searchParams.has('user'),
    'expected a user, whom the tokens of DATABASE_AUTH=iam are for, got none',
  );
  expect(
    tlsModeOf(url, hasCa) === 'verified',
    'asks for no verified TLS, but DATABASE_AUTH=iam sends a token that nobody else may see; add sslmode=verify-full',
  );
  return problems;
}

function readIam(
  { DATABASE_AUTH: auth, AWS_REGION: region }: EnvironmentValues,
  problems: Problem[],
): PostgresConfig['iam'] {
  if (!auth || auth === 'password') return undefined;
  if (auth !== 'iam') {
    problems.push({ path: 'DATABASE_AUTH', message: 'expected "iam" or "password", got something else' });
    return undefined;
  }
  if (!region) problems.push({ path: 'AWS_REGION', message: 'is not set, and DATABASE_AUTH=iam signs tokens for it' });
  return { region: region ?? '' };
}

function readCa(file: string, problems: Problem[]): string | undefined {
  const tell = (got: string) => {
    problems.push({ path: 'DATABASE_CA_FILE', message: `expected a file with certificates as PEM, got ${got}` });
    return undefined;
  };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return tell(`one that cannot be read (${error instanceof Error && 'code' in error ? error.code : 'unknown'})`);
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  if (certificates.length === 0) return tell('one without any');
  return certificates.every(isCertificate) ? text : tell('one with something else in it');
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
