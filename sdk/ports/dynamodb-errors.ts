/** DynamoDB's and the AWS SDK's errors, in the words of Stint. */
import { StintError, StoreUnreachableError } from '../errors.ts';

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'EPROTO']);
const lost = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED']);
const turnedAway = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'MissingAuthenticationTokenException',
  'ExpiredTokenException',
]);
// What the AWS SDK says of a value that it cannot send, or a number that it cannot read; it quotes the value.
const unsendable =
  /^Unsupported type passed|^(Special numeric value|Number) \S+ is |be converted to BigInt|^Pass (a non-empty|options)|^Only Number Set/;
// Quotes made of placeholders and operators alone come from an expression, which is the author's code.
const harmlessQuote = /^[\s()<>=,.+-]*([#:]\w+[\s()<>=,.+-]*)*$/;
const checkAddress = 'check AWS_ENDPOINT_URL / AWS_REGION and that it can be reached from here';

export interface DynamoPlace {
  /** Host and port. */
  readonly where: string;
  /** As DynamoDB knows it. */
  readonly table: string;
  readonly operation: string;
}

/** Turns an error of the AWS SDK into ours where ours says more, or where its message may quote a record. */
export function toDynamoError(error: unknown, place: DynamoPlace): unknown {
  if (!(error instanceof Error) || error instanceof StintError) return error;
  return explainAccess(error, place) ?? explainLoss(error, place) ?? explainRefusal(error, place) ?? error;
}

/** DynamoDB could not be reached or would not let us in. */
function explainAccess(error: Error, { where, table, operation }: DynamoPlace): StintError | undefined {
  const { name } = error;
  const code = codeOf(error);
  const options = { cause: error };
  if (unreachable.has(code) || /did not establish a connection/.test(error.message)) {
    return new StoreUnreachableError('DynamoDB', where, code || 'timeout', checkAddress, options);
  }
  if (name === 'CredentialsProviderError') {
    const remedy = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the task a role';
    return new StoreUnreachableError('DynamoDB', where, 'no credentials', remedy, options);
  }
  if (turnedAway.has(name)) {
    return new StoreUnreachableError('DynamoDB', where, name, 'check the credentials and AWS_REGION', options);
  }
  if (name === 'AccessDeniedException') {
    const remedy = `allow dynamodb:${operation} on it in the role's policy`;
    return new StintError('STINT_DYNAMODB_DENIED', `expected to be let at the table ${table}; ${remedy}`, options);
  }
  return undefined;
}

/** The request went out, and no whole answer came back. */
function explainLoss(error: Error, { where, operation }: DynamoPlace): StintError | undefined {
  const about = `to DynamoDB at ${where}`;
  // An answer that is no JSON, for instance one that was cut short. As a cause it would quote that answer.
  if (error instanceof SyntaxError)
    return new StintError('STINT_STORE_LOST', `${operation} ${about} got a broken answer`);
  if (error.name === 'TimeoutError') {
    return new StintError('STINT_STORE_LOST', `${operation} ${about} got no answer in time`, { cause: error });
  }
  if (!lost.has(codeOf(error))) return undefined;
  return new StintError('STINT_STORE_LOST', `the connection ${about} was lost during ${operation}`, { cause: error });
}

/** What was asked for cannot be done. But for the missing table without a cause: its message may quote a record. */
function explainRefusal(error: Error, { where, table, operation }: DynamoPlace): StintError | undefined {
  const { name, message } = error;
  if (name === 'ResourceNotFoundException') {
    return new StintError(
      'STINT_DYNAMODB_NO_TABLE',
      `expected DynamoDB at ${where} to have the table ${table}, but it has not; create it, or check its name, the table prefix and AWS_REGION`,
      { cause: error },
    );
  }
  if (name === 'ValidationException' || name === 'SerializationException') {
    const reason = blankValues(message);
    return new StintError('STINT_DYNAMODB_VALIDATION', `DynamoDB refused ${operation} on ${table}: ${reason}`);
  }
  if (!unsendable.test(message)) return undefined;
  const remedy = /^Number /.test(message)
    ? 'for an integer beyond 2^53 use a bigint'
    : 'use plain objects, arrays, non-empty sets, strings, finite numbers, booleans, null and bytes';
  return new StintError(
    'STINT_DYNAMODB_VALUE',
    `expected values that DynamoDB can hold in ${operation} on ${table}, got another; ${remedy}`,
  );
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** DynamoDB's message without what it may quote from a record. */
function blankValues(message: string): string {
  return message
    .replace(/(numeric value: ).*$/s, '$1…')
    .replace(/\[.*\]/s, '[…]')
    .replace(/'[^']*'|"[^"]*"/g, (quote) =>
      harmlessQuote.test(quote.slice(1, -1)) ? quote : `${quote[0]}…${quote[0]}`,
    );
}
