/**
 * A child process that waits for an attempt to make.
 *
 * Guarantees: it ends when it is disposed, or when this process ends, however that ends. It takes no part in this one's terminal: Ctrl-C
 * reaches this process alone.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCache } from '../compile-cache.ts';
import { ChildFakeClock } from './child-fake-clock.ts';
import type { ChildNotes, ChildOrder, FromChild, JobPlace, ToChild } from './child-messages.ts';
import { SweepError } from './sweep-error.ts';

const program = fileURLToPath(new URL('child.ts', import.meta.url));

export class AttemptChild implements AsyncDisposable {
  /** For the fakes that its attempt calls. */
  readonly fakeClock: ChildFakeClock;
  readonly #process: ChildProcess;
  readonly #notes: NotesFile;
  readonly #exited: Promise<string>;
  readonly #ready: Promise<void>;

  constructor({ name, module }: JobPlace) {
    this.#notes = openNotesFile();
    const child = fork(program, module === undefined ? [name] : [name, module], {
      // Nothing of this process's environment: what the job gets is in the order.
      env: { NODE_COMPILE_CACHE: compileCache },
      stdio: ['ignore', 'ignore', 'inherit', this.#notes.descriptor, 'ipc'],
      detached: true,
    });
    this.#process = child;
    this.fakeClock = new ChildFakeClock((message) => this.#send(message));
    this.#exited = once(child, 'exit').then(([code, signal]) => signal ?? `code ${code}`);
    this.#exited.catch(() => undefined);
    const ready = Promise.withResolvers<void>();
    this.#ready = ready.promise;
    child.on('message', (message: FromChild) => {
      if (message.is === 'ready') ready.resolve();
      else this.fakeClock.wake(message.id);
    });
    const fail = (how: string) => ready.reject(diedEarly(name, how));
    this.#exited.then(fail, (error: Error) => fail(error.message));
    // Told to whoever makes an attempt: one that waits in vain may never be asked.
    this.#ready.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resolves with what it has left when it is dead. @throws SweepError `STINT_SWEEP_CHILD` when it died of something else */
  async make(order: ChildOrder): Promise<ChildNotes> {
    await this.#ready;
    this.#send({ is: 'order', order });
    const how = await this.#exited;
    const notes = this.#notes.read();
    if (notes === undefined) throw diedEarly(undefined, how);
    return notes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited.catch(() => undefined);
    this.#notes[Symbol.dispose]();
  }

  /** What cannot be told to a process that has died is not told. */
  #send(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }
}

interface NotesFile extends Disposable {
  readonly descriptor: number;
  /** Undefined: it has none. */
  read(): ChildNotes | undefined;
}

/** A file that has no name any more: it is gone with whoever has it open. */
function openNotesFile(): NotesFile {
  const directory = mkdtempSync(join(tmpdir(), 'stint-sweep-'));
  const path = join(directory, 'notes.json');
  const [descriptor, reader] = [openSync(path, 'w'), openSync(path, 'r')];
  rmSync(directory, { recursive: true });
  return {
    descriptor,
    read() {
      const text = readFileSync(reader, 'utf8');
      return text === '' ? undefined : (JSON.parse(text) as ChildNotes);
    },
    [Symbol.dispose]() {
      closeSync(descriptor);
      closeSync(reader);
    },
  };
}

function diedEarly(job: string | undefined, how: string): SweepError {
  const what = job === undefined ? 'make its attempt' : `load the job ${job}`;
  return new SweepError(
    'STINT_SWEEP_CHILD',
    `expected a child process to ${what}, but it ended (${how}); what it wrote is above`,
  );
}
