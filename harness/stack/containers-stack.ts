/**
 * The containers stack: PostgreSQL and LocalStack as containers, by testcontainers.
 *
 * Guarantees: when the start fails or is aborted, and after dispose, none of its containers is there. Those of a process
 * that was killed are ended by testcontainers' reaper where that is allowed, else by the next start on this machine.
 * Does not guarantee durability: PostgreSQL runs without fsync, and all data goes with the containers.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnvironmentValues } from '@stint/sdk';
import type { ContainerRuntimeClient, StartedTestContainer } from 'testcontainers';
import { type ContainerImages, findImages } from './container-images.ts';
import { findEngine, ownLabels, removeLeftovers, removeStack } from './docker-engine.ts';
import { Forks } from './forks.ts';
import { ensureImage } from './pull-image.ts';
import type { DynamoEndpoint, Stack } from './stack.ts';
import { StackError } from './stack-error.ts';
import { type OnWait, waitUnseen } from './waiting.ts';

export interface ContainersStackOptions {
  /** Names other images than those that are pinned, and LOCALSTACK_AUTH_TOKEN. @default {} */
  readonly environment?: EnvironmentValues;
  /** Aborts the start. Once the stack is up, dispose ends it. @default never */
  readonly signal?: AbortSignal;
  /** Hears of images that are pulled, and of containers that start and are ready. @default silent */
  readonly onStatus?: (line: string) => void;
  /** Shows what is waited for. @default to nobody */
  readonly onWait?: OnWait;
  /** How long a container may take until it is ready, in ms. @default 120_000 */
  readonly startTimeoutMs?: number;
}

type Start = Required<Omit<ContainersStackOptions, 'signal'>> & { readonly labels: Readonly<Record<string, string>> };

const lookAgainMs = 100;
const region = 'us-east-1';
// LocalStack takes any; DynamoDB Local wants letters and digits.
const credentials = { accessKeyId: 'stint', secretAccessKey: 'stint' };
// For speed: what is lost with a container is not missed.
const fastPostgres = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'];

/**
 * Starts both containers, and pulls their images when they are not there.
 *
 * @throws StackError `STINT_STACK_NO_ENGINE`, `STINT_STACK_NO_IMAGE`, `STINT_STACK_START`; the signal's reason when it aborts
 */
export async function startContainersStack({
  environment = {},
  signal = new AbortController().signal,
  onStatus = () => undefined,
  onWait = waitUnseen,
  startTimeoutMs = 120_000,
}: ContainersStackOptions = {}): Promise<Stack> {
  signal.throwIfAborted();
  const images = await findImages(environment);
  const engine = await findEngine();
  const left = await removeLeftovers(engine);
  if (left > 0) onStatus(`removed ${left} containers, left by a process that was killed`);
  await ensureImage(engine, images.postgres, { onStatus, onWait, signal });
  await ensureImage(engine, images.localstack, { onStatus, onWait, signal });
  signal.throwIfAborted();
  const id = randomBytes(6).toString('hex');
  const start: Start = { environment, onStatus, onWait, startTimeoutMs, labels: ownLabels(id) };
  await using opened = new AsyncDisposableStack();
  opened.defer(() => removeStack(engine, id));
  const { postgresUrl, dynamodb } = await startBoth(images, start, signal, engine, id);
  const forks = new Forks(postgresUrl, dynamodb);
  opened.defer(() => forks.close({ drop: false }));
  signal.throwIfAborted();
  const servers = opened.move();
  return {
    kind: 'containers',
    postgresUrl,
    dynamodb,
    fork: (options) => forks.fork(options),
    [Symbol.asyncDispose]: () => servers.disposeAsync(),
  };
}

async function startBoth(
  images: ContainerImages,
  start: Start,
  signal: AbortSignal,
  engine: ContainerRuntimeClient,
  id: string,
): Promise<Pick<Stack, 'postgresUrl' | 'dynamodb'>> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  let settled = false;
  // testcontainers cannot be told to stop a start: it fails when its container is gone. One that is being made now is
  // found the next time.
  const onAbort = async () => {
    while (!settled) {
      await removeStack(engine, id).catch(() => undefined);
      await delay(lookAgainMs);
    }
  };
  either.addEventListener('abort', onAbort, { once: true });
  const starting = [startPostgres(images.postgres, start), startLocalstack(images.localstack, start)] as const;
  for (const one of starting) one.catch((error: unknown) => failure.abort(error));
  try {
    const [postgres, localstack] = await Promise.allSettled(starting);
    signal.throwIfAborted();
    if (postgres.status === 'rejected' || localstack.status === 'rejected') throw failure.signal.reason;
    return { postgresUrl: postgres.value, dynamodb: localstack.value };
  } finally {
    settled = true;
    either.removeEventListener('abort', onAbort);
  }
}

async function startPostgres(image: string, { labels, startTimeoutMs, ...watched }: Start): Promise<string> {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = new PostgreSqlContainer(image)
    .withUsername('postgres')
    .withPassword(randomBytes(12).toString('hex'))
    .withDatabase('postgres')
    .withCommand(['postgres', ...fastPostgres.flatMap((setting) => ['-c', setting])])
    .withLabels({ ...labels })
    .withStartupTimeout(startTimeoutMs);
  const started = await ready(image, watched, () => container.start());
  const url = new URL(started.getConnectionUri());
  url.hostname = addressOf(started);
  return url.href;
}

async function startLocalstack(
  image: string,
  { environment, labels, startTimeoutMs, ...watched }: Start,
): Promise<DynamoEndpoint> {
  const { LocalstackContainer } = await import('@testcontainers/localstack');
  const token = environment.LOCALSTACK_AUTH_TOKEN;
  const container = new LocalstackContainer(image)
    .withEnvironment({
      SERVICES: 'dynamodb',
      EAGER_SERVICE_LOADING: '1',
      ...(token && { LOCALSTACK_AUTH_TOKEN: token }),
    })
    .withLabels({ ...labels })
    .withStartupTimeout(startTimeoutMs);
  const started = await ready(image, watched, () => container.start());
  return { endpoint: `http://${addressOf(started)}:${started.getPort()}`, region, ...credentials };
}

// `localhost` may be two addresses, of which Docker has published one.
function addressOf(container: Pick<StartedTestContainer, 'getHost'>): string {
  const host = container.getHost();
  return host === 'localhost' ? '127.0.0.1' : host;
}

async function ready<TStarted>(
  image: string,
  { onStatus, onWait }: Pick<Start, 'onStatus' | 'onWait'>,
  start: () => Promise<TStarted>,
): Promise<TStarted> {
  onStatus(`starting ${image}`);
  using _wait = onWait(`starting ${image}`);
  const sinceMs = performance.now();
  try {
    const started = await start();
    onStatus(`${image} is ready after ${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`);
    return started;
  } catch (cause) {
    const [reason = 'no reason'] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    const hint = /ryuk/i.test(reason)
      ? 'the reaper of testcontainers cannot be had: set TESTCONTAINERS_RYUK_DISABLED=true'
      : `see what it prints with: docker run --rm ${image}`;
    throw new StackError('STINT_STACK_START', `expected ${image} to get ready, got: ${reason}; ${hint}`, { cause });
  }
}
