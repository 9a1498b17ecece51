/** The process of the clients, from the outside: it ends with its disposal. */
import { fork } from 'node:child_process';
import type { LoadFigures, LoadMessage, LoadOptions } from './load.ts';

export interface Clients extends AsyncDisposable {
  /** Every watcher has had an event. */
  readonly watching: Promise<void>;
  readonly done: Promise<LoadFigures>;
}

export function startClients(options: LoadOptions): Clients {
  const child = fork(new URL('load.ts', import.meta.url));
  const watching = Promise.withResolvers<void>();
  const done = Promise.withResolvers<LoadFigures>();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('message', (message: LoadMessage) => {
    if (message.kind === 'watching') watching.resolve();
    else done.resolve(message);
  });
  void ended.then(() => {
    for (const { reject } of [watching, done]) reject(new Error('the clients ended before they were done'));
  });
  for (const { promise } of [watching, done]) promise.catch(() => undefined);
  child.send(options);
  return {
    watching: watching.promise,
    done: done.promise,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
