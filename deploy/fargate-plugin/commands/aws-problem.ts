/** What went wrong between here and AWS, in one line: which of it is a person's to mend, and what passes by itself. */
import { exitCodeOfError, exitCodes } from '@stint/sdk';

const absent: ReadonlySet<string> = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError']);
const expired: ReadonlySet<string> = new Set(['ExpiredTokenException', 'ExpiredToken', 'RequestExpired']);
const refused: ReadonlySet<string> = new Set([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
]);
const denied: ReadonlySet<string> = new Set(['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation']);
const missing: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'NoSuchEntity',
  'NoSuchEntityException',
  'ClusterNotFoundException',
  'ParameterNotFound',
]);
const throttled: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
]);
const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

interface Told {
  /** Whether AWS has answered so. */
  readonly isAnswer: boolean;
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly fault: string;
}

function tellOf(error: unknown): Told {
  const { name, code, message, $fault, $metadata } = (error ?? {}) as Readonly<Record<string, unknown>>;
  return {
    isAnswer: $metadata !== undefined,
    name: String(name ?? 'Error'),
    code: String(code),
    message: String(message ?? ''),
    fault: String($fault),
  };
}

export function isMissing(error: unknown): boolean {
  const { name, message } = tellOf(error);
  // ECS has no name of its own for a task definition that is not there.
  return missing.has(name) || (name === 'ClientException' && message.includes('Unable to describe task definition'));
}

export function isDenied(error: unknown): boolean {
  return denied.has(tellOf(error).name);
}

/** Whether the same call may well succeed a little later. */
export function isPassing(error: unknown): boolean {
  const { name, code, fault } = tellOf(error);
  return throttled.has(name) || fault === 'server' || name === 'TimeoutError' || unreachable.has(code);
}

/** 78: the keys must change. */
export function exitCodeOfProblem(error: unknown): number {
  const { name } = tellOf(error);
  if (absent.has(name) || expired.has(name) || refused.has(name)) return exitCodes.environment;
  return exitCodeOfError(error);
}

/** One line for errors of AWS; Stint's own are as they are. */
export function problemText(error: unknown): string {
  const { isAnswer, name, code, message } = tellOf(error);
  if (absent.has(name))
    return `expected credentials for AWS, got none (${firstLine(message)}); log in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID`;
  if (expired.has(name)) return 'expected credentials for AWS that hold, got ones that have expired; log in again';
  if (refused.has(name))
    return `expected credentials that AWS takes, got ones that it does not (${name}); log in again`;
  if (denied.has(name)) return `AWS does not let these credentials do it: ${firstLine(message)}`;
  if (unreachable.has(code)) return `AWS was not reached (${code}); is there a network, and is the region right?`;
  if (isAnswer) return `AWS answered ${name}: ${firstLine(message)}`;
  return code.startsWith('STINT_') || name === 'Error' ? message : `${name}: ${message}`;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim().replace(/\.$/, '');
}
