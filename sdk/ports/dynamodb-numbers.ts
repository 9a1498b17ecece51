/**
 * DynamoDB's numbers (38 decimal digits) as JavaScript's.
 *
 * Guarantees: none is rounded. The AWS SDK by itself rounds decimals of more than 17 digits without a word, and a key
 * that was rounded is another key.
 */
import { NumberValue } from '@aws-sdk/lib-dynamodb';

// A double keeps any 15 significant digits.
const surelyExact = 15;

/** A number where that is exact, else a bigint, else (a long decimal) the AWS SDK's `NumberValue`, which is its text. */
export function readNumber(text: string): number | bigint | NumberValue {
  const number = Number(text);
  if (text.length <= surelyExact) return number;
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(number) ? number : BigInt(text);
  return digitsOf(String(number)) === digitsOf(text) ? number : NumberValue.from(text);
}

/** The significant digits, whatever way the number is written. */
function digitsOf(text: string): string {
  return text
    .replace(/e.*$/i, '')
    .replace(/[-+.]/g, '')
    .replace(/^0+|0+$/g, '');
}
