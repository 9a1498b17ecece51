/** The admin of `admin-child.ts`, from outside. Disposing it ends it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EnvironmentValues } from '@stint/sdk';
import type { AccessToken } from '../access/tokens.ts';
import type { ServerTimeouts } from '../http/make-server.ts';

export type ToAdmin =
  | {
      readonly is: 'begin';
      readonly tokens: readonly AccessToken[];
      readonly environment: EnvironmentValues;
      readonly timeouts: ServerTimeouts;
    }
  | { readonly is: 'measure' }
  | { readonly is: 'end' };

export interface Measured {
  /** What is alive after garbage was collected. */
  readonly heldBytes: number;
  readonly rssBytes: number;
  readonly timers: number;
  readonly sockets: number;
}

export type FromAdmin =
  | { readonly is: 'listening'; readonly url: string }
  | { readonly is: 'error'; readonly text: string }
  | ({ readonly is: 'measured' } & Measured);

const program = fileURLToPath(new URL('admin-child.ts', import.meta.url));

export class AdminProcess implements AsyncDisposable {
  readonly url: string;
  /** What it took for defects of its own. */
  readonly errors: string[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, errors: string[]) {
    this.#child = child;
    this.url = url;
    this.errors = errors;
  }

  static async start(options: Omit<Extract<ToAdmin, { is: 'begin' }>, 'is'>): Promise<AdminProcess> {
    const child = fork(program, [JSON.stringify(options)], {
      // What could be freed is, before it is much: else it would say nothing of what is held. With more than this held it dies.
      execArgv: ['--expose-gc', '--max-semi-space-size=8', '--max-old-space-size=160'],
      // Keys are read past what the admin is given.
      env: Object.fromEntries(Object.entries(options.environment).filter(([name]) => name.startsWith('AWS_'))),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const errors: string[] = [];
    child.on('message', (message: FromAdmin) => {
      if (message.is === 'error') errors.push(message.text);
    });
    const { url } = await told(child, 'listening');
    return new AdminProcess(child, url, errors);
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async measure(): Promise<Measured> {
    const measured = told(this.#child, 'measured');
    this.#send({ is: 'measure' });
    return await measured;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isAlive) return;
    const ended = once(this.#child, 'exit');
    this.#send({ is: 'end' });
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(late);
  }

  #send(message: ToAdmin): void {
    this.#child.send(message);
  }
}

/** @throws Error when it ends before it has told it */
async function told<TIs extends FromAdmin['is']>(
  child: ChildProcess,
  is: TIs,
): Promise<Extract<FromAdmin, { is: TIs }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<FromAdmin, { is: TIs }>>();
  const take = (message: FromAdmin) => {
    if (message.is === is) resolve(message as Extract<FromAdmin, { is: TIs }>);
  };
  const fail = (code: number | null, signal: string | null) =>
    reject(new Error(`expected the admin to tell "${is}", but it ended: ${signal ?? `code ${code}`}`));
  child.on('message', take);
  child.once('exit', fail);
  return await promise.finally(() => child.off('message', take).off('exit', fail));
}
