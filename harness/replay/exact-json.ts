/**
 * JSON whose numbers keep every digit, in one form: keys sorted, no white space. Two texts that mean the same are the same.
 *
 * A number that JavaScript cannot hold exactly is read as its text.
 */
import type { Json } from '@stint/sdk';

export { canonicalJson } from '@stint/sdk';

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

const keepDigits: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && isInexact(value, source) ? source : value;

function isInexact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  return /^-?\d+$/.test(source)
    ? String(value) !== source && source !== '-0'
    : significant(source) !== significant(String(value));
}

// 1.50 and 1.5 are one number, 0.1000000000000000055 and 0.1 are not.
function significant(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + (digits.length - trimmed.length);
  return trimmed === '' ? '0' : `${trimmed}e${power}`;
}

/** @throws SyntaxError */
export function parseExact(text: string): Json {
  return JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]);
}
