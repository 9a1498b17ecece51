/**
 * For tests only: Amazon's own DynamoDB Local, in memory, on a port of its own.
 *
 * Guarantees: its process does not outlive this one, however this one ends. Needs `java` on the PATH.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { request } from 'undici';
import { systemClock } from '../../clock.ts';

const startTimeoutMs = 60_000;
const askEveryMs = 100;
const mostStarts = 3;

// Ends java when our end of the pipe is closed: by us, or by the system once we are gone.
const watchman = `exec 3<&0
"$@" </dev/null >&2 &
child=$!
{ cat <&3 >/dev/null; kill "$child"; } 2>/dev/null &
wait "$child"`;

/** Why a suite on that kind of stack does without one of its own; undefined: it does not. */
export function whyNoLocal(kind: string): string | undefined {
  if (kind === 'containers') return 'the containers have it, as LocalStack or by itself';
  return spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0 ? undefined : 'no java';
}

export class DynamoLocal implements AsyncDisposable {
  readonly endpoint: string;
  readonly region = 'eu-central-1';
  readonly credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  readonly #process: ChildProcessByStdio<Writable, null, null>;

  private constructor(endpoint: string, process: ChildProcessByStdio<Writable, null, null>) {
    this.endpoint = endpoint;
    this.#process = process;
  }

  /** @throws Error when it does not come up */
  static async start(): Promise<DynamoLocal> {
    // Between finding a free port and taking it, another may have taken it.
    for (let attempt = 1; ; attempt++) {
      const port = await findFreePort();
      const local = new DynamoLocal(`http://127.0.0.1:${port}`, launch(port));
      if (await local.#answers()) return local;
      await local[Symbol.asyncDispose]();
      if (attempt === mostStarts)
        throw new Error(`expected DynamoDB Local to come up, it did not, ${mostStarts} times`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** False: it ended, or has not come up in time. */
  async #answers(): Promise<boolean> {
    const untilMs = systemClock.monotonicMs() + startTimeoutMs;
    while (!this.#hasEnded && systemClock.monotonicMs() < untilMs) {
      try {
        const { body } = await request(this.endpoint, { signal: AbortSignal.timeout(startTimeoutMs) });
        await body.dump();
        return true;
      } catch {
        await systemClock.sleep(askEveryMs);
      }
    }
    return false;
  }
}

function launch(port: number): ChildProcessByStdio<Writable, null, null> {
  const require = createRequire(import.meta.url);
  const cwd = join(dirname(require.resolve('amplify-dynamodb-simulator/package.json')), 'emulator');
  const flags = ['-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', '-inMemory'];
  const command = ['java', ...flags, '-disableTelemetry', '-port', String(port)];
  return spawn('sh', ['-c', watchman, 'sh', ...command], { cwd, stdio: ['pipe', 'ignore', 'ignore'] });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
