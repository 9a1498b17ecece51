/**
 * Pulls images that an engine does not have.
 *
 * Guarantees: an aborted pull ends at once here, and at the engine with the next progress that it would tell. Does not
 * guarantee that an engine stops waiting for a registry that never answers.
 *
 * testcontainers pulls as well, but cannot be told to stop; its way to a registry's login is used all the same, past its
 * public exports, so that private registries work alike.
 */
import type { ContainerRuntimeClient } from 'testcontainers';
import { hasImage } from './docker-engine.ts';
import { StackError } from './stack-error.ts';
import { type OnWait, type Waiting, waitUnseen } from './waiting.ts';

export interface EnsureImageOptions {
  /** Hears of an image that is pulled. */
  readonly onStatus: (line: string) => void;
  /** Shows how much of it is there. @default to nobody */
  readonly onWait?: OnWait;
  /** Aborts the pull. */
  readonly signal: AbortSignal;
}

/** Pulls the image unless it is there. @throws StackError `STINT_STACK_NO_IMAGE`; the signal's reason when it aborts */
export async function ensureImage(
  engine: ContainerRuntimeClient,
  image: string,
  { onStatus, onWait = waitUnseen, signal }: EnsureImageOptions,
): Promise<void> {
  if (await hasImage(engine, image)) return;
  signal.throwIfAborted();
  onStatus(`pulling ${image}, once`);
  using waiting = onWait(`pulling ${image}`);
  try {
    await pull(engine, image, signal, waiting);
    // A pull that breaks off in the midst of its stream is not always told.
    if (!(await hasImage(engine, image))) throw new Error('the pull broke off');
  } catch (cause) {
    signal.throwIfAborted();
    const [reason = 'no reason'] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new StackError(
      'STINT_STACK_NO_IMAGE',
      `expected to pull the image ${image}, got: ${reason}; connect to its registry, or build images from packages with ` +
        'harness/images/build and set STINT_POSTGRES_IMAGE=stint/postgres STINT_LOCALSTACK_IMAGE=stint/localstack',
      { cause },
    );
  }
}

async function pull(
  engine: ContainerRuntimeClient,
  image: string,
  abortSignal: AbortSignal,
  waiting: Waiting,
): Promise<void> {
  const { ImageName } = await import('testcontainers');
  const { getAuthConfig } = await import('testcontainers/build/container-runtime/auth/get-auth-config.js');
  const { registry = engine.info.containerRuntime.indexServerAddress, string: name } = ImageName.fromString(image);
  const { dockerode } = engine.container;
  const lines = await dockerode.pull(name, { authconfig: await getAuthConfig(registry), abortSignal });
  const layers = new Map<string, Layer>();
  await new Promise<void>((resolve, reject) => {
    const onEnd = (error: Error | null, output: readonly { error?: string }[]) => {
      const failed = output.find((line) => line.error !== undefined);
      if (error !== null) reject(error);
      else if (failed !== undefined) reject(new Error(failed.error));
      else resolve();
    };
    dockerode.modem.followProgress(lines, onEnd, ({ id, status, progressDetail }: PullProgress) => {
      if (id === undefined || status !== 'Downloading' || progressDetail?.total === undefined) return;
      layers.set(id, { bytes: progressDetail.current ?? 0, ofBytes: progressDetail.total });
      waiting.tell(layersText([...layers.values()]));
    });
  });
}

/** A line of what an engine tells of a pull. */
interface PullProgress {
  /** Of a layer. */
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  readonly bytes: number;
  readonly ofBytes: number;
}

/** Of the layers that have begun: more of them may come. */
function layersText(layers: readonly Layer[]): string {
  const [bytes, ofBytes] = [
    layers.reduce((sum, each) => sum + each.bytes, 0),
    layers.reduce((sum, each) => sum + each.ofBytes, 0),
  ];
  return `${toMegabytes(bytes)} of ${toMegabytes(ofBytes)} MB`;
}

function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
