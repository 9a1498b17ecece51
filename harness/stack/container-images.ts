/** Which images the containers stack uses: those pinned in `harness/images/<name>.Dockerfile`, or others by name. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentValues } from '@stint/sdk';
import { repositoryRoot } from '../repository.ts';
import { StackError } from './stack-error.ts';

export interface ContainerImages {
  readonly postgres: string;
  readonly localstack: string;
}

/** STINT_POSTGRES_IMAGE and STINT_LOCALSTACK_IMAGE go before what is pinned. */
export async function findImages(environment: EnvironmentValues): Promise<ContainerImages> {
  return {
    postgres: environment.STINT_POSTGRES_IMAGE || (await pinned('postgres')),
    localstack: environment.STINT_LOCALSTACK_IMAGE || (await pinned('localstack')),
  };
}

async function pinned(name: string): Promise<string> {
  const file = join(repositoryRoot, 'harness', 'images', `${name}.Dockerfile`);
  const [, image] = /^FROM (\S+:\S+)$/m.exec(await readFile(file, 'utf8')) ?? [];
  if (image !== undefined) return image;
  throw new StackError(
    'STINT_STACK_NO_IMAGE',
    `expected ${file} to have a line FROM <image>:<tag>, got none; pin the image there`,
  );
}
