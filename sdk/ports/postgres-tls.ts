/**
 * What a database's URL asks of TLS. One rule, for whoever connects:
 *
 *   a host of RDS                           TLS, verified; `sslmode=disable` and `no-verify` are refused
 *   sslmode=verify-full, DATABASE_CA_FILE   TLS, verified
 *   sslmode=verify-ca, require, prefer      the same: stricter than libpq, as pg itself has it until its version 9
 *   sslmode=no-verify                       TLS, to whoever answers
 *   sslmode=disable                         no TLS
 *   none of them                            no TLS, unless PGSSLMODE says so: pg's own default
 *
 * Verified: certificate and host name. Nothing is unverified that was not asked to be: `uselibpqcompat`, which weakens
 * `require`, changes nothing.
 */
export type TlsMode = 'verified' | 'unverified' | 'off' | 'unsaid';

const modes: ReadonlyMap<string, TlsMode> = new Map([
  ...['verify-full', 'verify-ca', 'require', 'prefer', 'true', '1'].map((name) => [name, 'verified'] as const),
  ['no-verify', 'unverified'],
  ...['disable', 'false', '0'].map((name) => [name, 'off'] as const),
]);

// In China the region stands behind `rds`.
const rdsHost = /\.rds\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?\.?$/i;
const regionInHost = /\.([a-z0-9-]+)\.rds\.amazonaws\.com|\.rds\.([a-z0-9-]+)\.amazonaws/i;

/** The host as pg reads it. */
export function hostOf(url: URL): string {
  return url.searchParams.getAll('host').at(-1) || decodeURIComponent(url.hostname);
}

export function isRdsHost(host: string): boolean {
  return rdsHost.test(host);
}

/** The region in the name of a host of RDS; undefined when it has none. */
export function regionOf(host: string): string | undefined {
  const [, inFront, behind] = regionInHost.exec(host.toLowerCase()) ?? [];
  return inFront ?? behind;
}

/** What the URL says, and no more; undefined: something that is no mode. */
export function saidTlsMode({ searchParams }: URL): TlsMode | undefined {
  const said = searchParams.get('sslmode') ?? searchParams.get('ssl');
  if (said !== null) return modes.get(said);
  return searchParams.has('sslrootcert') ? 'verified' : 'unsaid';
}

/** What is done, of what is allowed. */
export function tlsModeOf(url: URL, hasCa: boolean): TlsMode {
  const said = saidTlsMode(url) ?? 'verified';
  return said === 'unsaid' && (hasCa || isRdsHost(hostOf(url))) ? 'verified' : said;
}
