/** Whose address it is: of IPv6 the first 64 bits, since whoever has one address there has all that begin with them. */
import { isIPv6 } from 'node:net';

export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  const withoutZone = address.replace(/%.*/s, '');
  if (!isIPv6(withoutZone)) return address;
  // The parser of URLs brings it into its one shortest form.
  const [head = '', tail] = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1).split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
