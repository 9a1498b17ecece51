/**
 * The account, through the AWS SDK.
 *
 * Guarantees: a client is loaded when it is first asked for, so that what needs no account loads none. Where AWS is, and keys for it, come from
 * the environment that is handed in, else the SDK finds them as it does: profiles, single sign-on, a role.
 */
import type { ECS } from '@aws-sdk/client-ecs';
import type { EventBridge } from '@aws-sdk/client-eventbridge';
import type { IAM } from '@aws-sdk/client-iam';
import type { Scheduler } from '@aws-sdk/client-scheduler';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { SSM } from '@aws-sdk/client-ssm';
import { EnvironmentError, type EnvironmentValues } from '@stint/sdk';

export interface Clients extends Disposable {
  ecs(): Promise<ECS>;
  scheduler(): Promise<Scheduler>;
  events(): Promise<EventBridge>;
  iam(): Promise<IAM>;
  secrets(): Promise<SecretsManager>;
  ssm(): Promise<SSM>;
}

export interface ClientsOptions {
  readonly region: string;
  readonly environment: EnvironmentValues;
  /** Of the AWS configuration files, as `--aws-profile` names it. @default what AWS_PROFILE says */
  readonly profile?: string | undefined;
  /** How often a call is made in all that was throttled or broke. @default 5 */
  readonly attempts?: number;
}

/** @throws EnvironmentError without a region */
export function openClients({ region, environment, profile, attempts = 5 }: ClientsOptions): Clients {
  if (region === '')
    throw new EnvironmentError('it is not known where the account is', [
      { path: 'AWS_REGION', message: 'is not set; set it, or use --region' },
    ]);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  const { AWS_SESSION_TOKEN: sessionToken, AWS_ENDPOINT_URL } = environment;
  const hasKeys = profile === undefined && Boolean(accessKeyId) && Boolean(secretAccessKey);
  const opened: { destroy(): void }[] = [];

  /** Makes it once. */
  function once<TClient extends { destroy(): void }>(
    service: string,
    make: (config: ReturnType<typeof configOf>) => Promise<TClient>,
  ): () => Promise<TClient> {
    let client: Promise<TClient> | undefined;
    const open = async () => {
      const made = await make(configOf(service));
      opened.push(made);
      return made;
    };
    return () => {
      client ??= open();
      return client;
    };
  }

  function configOf(service: string) {
    const endpoint = environment[`AWS_ENDPOINT_URL_${service}`] || AWS_ENDPOINT_URL;
    return {
      region,
      maxAttempts: attempts,
      ...(endpoint ? { endpoint } : {}),
      ...(profile === undefined ? {} : { profile }),
      ...(hasKeys && {
        credentials: {
          accessKeyId: accessKeyId ?? '',
          secretAccessKey: secretAccessKey ?? '',
          ...(sessionToken ? { sessionToken } : {}),
        },
      }),
    };
  }

  return {
    ecs: once('ECS', async (config) => new (await import('@aws-sdk/client-ecs')).ECS(config)),
    scheduler: once('SCHEDULER', async (config) => new (await import('@aws-sdk/client-scheduler')).Scheduler(config)),
    events: once(
      'EVENTBRIDGE',
      async (config) => new (await import('@aws-sdk/client-eventbridge')).EventBridge(config),
    ),
    iam: once('IAM', async (config) => new (await import('@aws-sdk/client-iam')).IAM(config)),
    secrets: once(
      'SECRETS_MANAGER',
      async (config) => new (await import('@aws-sdk/client-secrets-manager')).SecretsManager(config),
    ),
    ssm: once('SSM', async (config) => new (await import('@aws-sdk/client-ssm')).SSM(config)),
    [Symbol.dispose]() {
      for (const client of opened) client.destroy();
    },
  };
}
