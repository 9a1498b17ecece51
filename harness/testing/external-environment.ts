/** The environment of a program that is to work on an opened case's stores and fakes. */
import type { EnvironmentValues } from '@stint/sdk';
import type { CaseStores } from '../case-stores.ts';

export function externalEnvironment({ environment, fork }: CaseStores): EnvironmentValues {
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  return {
    ...environment,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    STINT_TABLE_PREFIX: fork.tablePrefix,
  };
}
