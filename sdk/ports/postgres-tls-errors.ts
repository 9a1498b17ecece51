/**
 * What TLS says of a server that is not the one it should be, or speaks no TLS.
 *
 * None of it is worth another try: the server, DATABASE_URL or the CAs must change. A connection that broke in the
 * handshake is none of these.
 */
import { StintError } from '../errors.ts';
import type { PostgresPlace } from './postgres-place.ts';

const unknownIssuer = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);
const otherwiseUnfit =
  /^(CERT_|INVALID_|PATH_LENGTH|HOSTNAME_MISMATCH|UNABLE_TO_DECODE|UNSUPPORTED_|ERR_SSL_|ERR_TLS_|EPROTO$)/;

/** Undefined: it is no error of TLS. */
export function toTlsError(cause: Error, code: string, place: PostgresPlace): StintError | undefined {
  const { where } = place;
  const unproven = (got: string, remedy: string) =>
    new StintError(
      'STINT_STORE_UNPROVEN',
      `expected PostgreSQL at ${where} to prove by its certificate who it is, got ${got}; ${remedy}`,
      { cause },
    );
  if (/does not support SSL connections/.test(cause.message)) {
    return new StintError(
      'STINT_STORE_UNPROVEN',
      `expected PostgreSQL at ${where} to speak TLS, but it does not; turn ssl on in the server, or, in a network that is yours alone, set sslmode=disable in DATABASE_URL`,
      { cause },
    );
  }
  if (unknownIssuer.has(code)) return unproven(`one of a CA that is not trusted (${code})`, caRemedy(place));
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return unproven('one for other names', 'name the host in DATABASE_URL as its certificate does');
  }
  if (code === 'CERT_HAS_EXPIRED') return unproven('one that has expired', 'renew it in the server');
  if (code === 'CERT_NOT_YET_VALID') return unproven('one that is not valid yet', 'check the clocks of both');
  if (otherwiseUnfit.test(code)) return unproven(`an error of TLS (${code})`, 'check the certificate of the server');
  return undefined;
}

function caRemedy({ isRds, region }: PostgresPlace): string {
  if (!isRds) return 'set DATABASE_CA_FILE to a PEM file with its CA';
  // Regions of GovCloud and China have trust stores of their own.
  const bundle = region && !/^(us-gov|cn)-/.test(region) ? ` (${bundleUrl(region)})` : '';
  return `set DATABASE_CA_FILE to RDS's bundle of certificates for its region${bundle}`;
}

function bundleUrl(region: string): string {
  return `https://truststore.pki.rds.amazonaws.com/${region}/${region}-bundle.pem`;
}
