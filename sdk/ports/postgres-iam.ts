/**
 * Tokens of IAM, which RDS and RDS Proxy take as a password: signed here, good for 15 minutes of logging in; a connection
 * that is made with one outlives it.
 *
 * Credentials are found as the AWS SDK finds them (in ECS: the task's role), which may take a request; what asks for a
 * token is connecting, so that is part of its effect and of its time limit. No secret in any error.
 */
import { StintError, StoreUnreachableError } from '../errors.ts';
import { classifyError } from '../pace/classify.ts';

export interface IamLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly region: string;
}

/** Loads the signer at the first token. */
export function signTokens({ host, port, user, region }: IamLogin): () => Promise<string> {
  let opening: Promise<{ getAuthToken(): Promise<string> }> | undefined;
  const open = async () => {
    const { Signer } = await import('@aws-sdk/rds-signer');
    return new Signer({ hostname: host, port, username: user, region });
  };
  return async () => {
    try {
      opening ??= open();
      const signer = await opening;
      return await signer.getAuthToken();
    } catch (error) {
      throw toTokenError(error, `${host}:${port}`);
    }
  };
}

function toTokenError(cause: unknown, where: string): StintError {
  const name = cause instanceof Error ? cause.name : 'unknown';
  if (classifyError(cause).class !== 'permanent') {
    const remedy = 'AWS did not give credentials; check that its endpoint can be reached';
    return new StoreUnreachableError('PostgreSQL', where, `no token of IAM: ${name}`, remedy, { cause });
  }
  return new StintError(
    'STINT_IAM_TOKEN',
    `expected credentials of AWS to sign a token for PostgreSQL at ${where} with, got none (${name}); ` +
      'give the task a role, or set what the AWS SDK reads, such as AWS_PROFILE',
    { cause },
  );
}
