/**
 * Datadog's API key, out of Secrets Manager.
 *
 * The SDK is the one that Lambda's runtime has. The key stays in memory until it is forgotten; nothing else keeps or tells it.
 *
 * No imports in this file but those of types: it is a part of the Lambda function (`code.ts`).
 */
import type * as SecretsManager from '@aws-sdk/client-secrets-manager';

const secretAttempts = 2;
const connectWithinMs = 1_000;
const answerWithinMs = 2_000;

export class ApiKey {
  readonly #secretArn: string;
  #key: Promise<string> | undefined;

  /** `secretArn`: as a task definition names a secret: an ARN, and `:<key>::` behind it when the secret is a JSON object. */
  constructor(secretArn: string) {
    this.#secretArn = secretArn;
  }

  /** @throws Error when it cannot be read; the next call tries again */
  async read(signal: AbortSignal): Promise<string> {
    this.#key ??= readApiKey(this.#secretArn, signal);
    try {
      return await this.#key;
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** The next call reads it again. */
  forget(): void {
    this.#key = undefined;
  }
}

async function readApiKey(secretArn: string, signal: AbortSignal): Promise<string> {
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  // `arn:<partition>:secretsmanager:<region>:<account>:secret:<name>`, then the key, the stage and the version.
  const parts = secretArn.split(':');
  const [name, stage, version] = parts.slice(7);
  const client = new SecretsManagerClient({
    maxAttempts: secretAttempts,
    requestHandler: { connectionTimeout: connectWithinMs, requestTimeout: answerWithinMs, throwOnRequestTimeout: true },
  });
  const command = new GetSecretValueCommand({
    SecretId: parts.slice(0, 7).join(':'),
    ...(stage ? { VersionStage: stage } : {}),
    ...(version ? { VersionId: version } : {}),
  });
  try {
    const answer = await client.send(command, { abortSignal: signal });
    return apiKeyIn(answer, name);
  } catch (error) {
    if (error instanceof ApiKeyError) throw error;
    // AWS's words name the role and the secret, but those of other errors may be anything.
    throw new ApiKeyError(
      `Secrets Manager did not give Datadog's API key (${error instanceof Error ? error.name : 'unknown'})`,
    );
  } finally {
    client.destroy();
  }
}

/** It could not be read; never holds what was read. */
export class ApiKeyError extends Error {
  override readonly name = 'ApiKeyError';
}

function apiKeyIn(
  { SecretString: text }: SecretsManager.GetSecretValueCommandOutput,
  name: string | undefined,
): string {
  const key = (name ? memberOf(text, name) : text)?.trim();
  // Also so that no header refuses it, which would tell it.
  if (key && /^[\x21-\x7e]+$/.test(key)) return key;
  const where = name
    ? `the member ${name} of the secret of DD_API_KEY_SECRET_ARN`
    : 'the secret of DD_API_KEY_SECRET_ARN';
  throw new ApiKeyError(`expected ${where} to be Datadog's API key, got ${key ? 'a text that is none' : 'nothing'}`);
}

function memberOf(text: string | undefined, name: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
