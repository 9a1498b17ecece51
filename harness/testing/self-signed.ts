/**
 * Keys and certificates made for one test: Node makes keys, but no certificates, and packages that do bring twenty others.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { isIP } from 'node:net';

export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** Names and IPv4 addresses of who shows it. */
  readonly hosts: readonly string[];
  /** @default tomorrow */
  readonly untilMs?: number;
  /** @default itself */
  readonly issuer?: { readonly name: string; readonly key: string };
}

const dayMs = 86_400_000;
const [boolean, integer, bits, octets, oid, utf8, time, sequence, set] = [1, 2, 3, 4, 6, 12, 24, 0x30, 0x31];
const ecdsaWithSha256 = der(sequence, der(oid, Buffer.from('2a8648ce3d040302', 'hex')));

/** For 127.0.0.1. Valid from yesterday until tomorrow. */
export function makeSelfSigned(): SelfSigned {
  return makeCertificate({ hosts: ['127.0.0.1'] });
}

/** Its name is that of its first host. One without an issuer can issue others. */
export function makeCertificate({ hosts, untilMs = Date.now() + dayMs, issuer }: CertificateOptions): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [ownName = ''] = hosts;
  const validity = [untilMs - 2 * dayMs, untilMs].map((ms) => der(time, Buffer.from(timeText(ms))));
  const isIssuer = issuer === undefined ? [der(boolean, Buffer.from([0xff]))] : [];
  const extensions = [
    extension('551d11', der(sequence, ...hosts.map(alternativeName))),
    extension('551d13', der(sequence, ...isIssuer)),
  ];
  const signed = der(
    sequence,
    der(0xa0, der(integer, Buffer.from([2]))),
    der(integer, Buffer.from([1])),
    ecdsaWithSha256,
    nameOf(issuer?.name ?? ownName),
    der(sequence, ...validity),
    nameOf(ownName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(sequence, ...extensions)),
  );
  const signature = der(bits, Buffer.from([0]), sign('sha256', signed, issuer?.key ?? privateKey));
  const base64 = der(sequence, signed, ecdsaWithSha256, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function nameOf(commonName: string): Buffer {
  const attribute = der(sequence, der(oid, Buffer.from('550403', 'hex')), der(utf8, Buffer.from(commonName)));
  return der(sequence, der(set, attribute));
}

function alternativeName(host: string): Buffer {
  return isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));
}

function extension(id: string, value: Buffer): Buffer {
  return der(sequence, der(oid, Buffer.from(id, 'hex')), der(octets, value));
}

/** YYYYMMDDhhmmssZ */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
}

/** A value with its tag and its length. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length;
  const length = size < 128 ? [size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
