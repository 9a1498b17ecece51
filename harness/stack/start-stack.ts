/**
 * Starts a stack of any kind. Tests and commands are the same on each of them.
 *
 *   embedded     PostgreSQL and dynalite as processes of this machine: no Docker, half a second
 *   containers   PostgreSQL and LocalStack as containers
 *   external     servers that the environment names
 *   auto         containers when an engine answers and both images are there, else embedded
 */
import type { EnvironmentValues } from '@stint/sdk';
import { findImages } from './container-images.ts';
import { startContainersStack } from './containers-stack.ts';
import { findEngine, hasImage } from './docker-engine.ts';
import { startEmbeddedStack } from './embedded-stack.ts';
import { openExternalStack } from './external-stack.ts';
import type { Stack, StackKind } from './stack.ts';
import { StackError } from './stack-error.ts';
import { type OnWait, waitUnseen } from './waiting.ts';

export interface StartStackOptions {
  /** @default 'embedded' */
  readonly kind?: StackKind | 'auto';
  /** Where an embedded stack has its data: made when it is missing. Usually `<repo>/.stint`. */
  readonly directory: string;
  /** Images, addresses and keys; see the kinds. @default {} */
  readonly environment?: EnvironmentValues;
  /** Aborts the start. @default never */
  readonly signal?: AbortSignal;
  /** Hears of what is worth a line. @default silent */
  readonly onStatus?: (line: string) => void;
  /** Shows what is waited for. @default to nobody */
  readonly onWait?: OnWait;
}

/** @throws StackError; the signal's reason when it aborts */
export async function startStack(options: StartStackOptions): Promise<Stack> {
  const { kind = 'embedded', directory, environment = {}, signal } = options;
  const { onStatus = () => undefined, onWait = waitUnseen } = options;
  const watched = { onStatus, ...(signal && { signal }) };
  switch (kind === 'auto' ? await choose(environment, onStatus) : kind) {
    case 'containers':
      return await startContainersStack({ ...watched, onWait, environment });
    case 'external':
      return await openExternalStack(environment);
    case 'embedded': {
      using _wait = onWait('PostgreSQL and DynamoDB');
      return await startEmbeddedStack({ ...watched, directory });
    }
  }
}

/** Says in one line which it is, and why. */
async function choose(environment: EnvironmentValues, onStatus: (line: string) => void): Promise<StackKind> {
  const images = await findImages(environment);
  const missing = await findMissing([images.postgres, images.localstack]);
  onStatus(
    missing === undefined
      ? `containers (${images.postgres}, ${images.localstack}): Docker answers and has both images`
      : `embedded stack: ${missing}`,
  );
  return missing === undefined ? 'containers' : 'embedded';
}

/** Why there can be no containers without pulling anything; undefined: there can. */
async function findMissing(images: readonly string[]): Promise<string | undefined> {
  try {
    const engine = await findEngine();
    for (const image of images) if (!(await hasImage(engine, image))) return `the image ${image} is not here`;
    return undefined;
  } catch (error) {
    if (error instanceof StackError && error.code === 'STINT_STACK_NO_ENGINE') return 'no Docker engine answers';
    throw error;
  }
}
