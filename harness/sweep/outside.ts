/**
 * What goes around the door: requests and connections that code of an attempt begins outside of any of its effects.
 *
 * Node tells of them itself (`diagnostics_channel`): `fetch` and undici, `node:http`, and sockets of any kind, a driver's too. Whether they
 * belong to an attempt, and to an effect of it, is told by the context that they are begun in.
 * Does not see what needs no socket (files, child processes), nor what is begun in a context of its own, such as in a worker.
 */
import { channel } from 'node:diagnostics_channel';
import { frameOfJob } from './frame.ts';
import { insideEffect, workedItems } from './gate.ts';

/** Something that went around the door. */
export interface OutsideCall {
  /** `fetch`, `http`, `socket`. */
  readonly by: string;
  /** Host, and port where it is told. */
  readonly to: string;
  readonly items: readonly string[];
  readonly at: string | undefined;
}

type Told = Readonly<Record<string, unknown>>;

const undici = channel('undici:request:create');
const http = channel('http.client.request.start');
const sockets = channel('net.client.socket');

/** Watches until it is disposed. */
export function watchOutside(): Disposable {
  const { fetch } = globalThis;
  // The channel tells of a request when the job's code is no longer on the stack.
  globalThis.fetch = (...args) => {
    note('fetch', hostOf(args[0]));
    return fetch(...args);
  };
  const onUndici = (told: unknown) => note('request', hostOf((told as { request: Told }).request.origin));
  const onHttp = (told: unknown) => note('http', hostOf((told as { request: Told }).request.host));
  const onSocket = () => note('socket', 'another host');
  undici.subscribe(onUndici);
  http.subscribe(onHttp);
  sockets.subscribe(onSocket);
  return {
    [Symbol.dispose]() {
      globalThis.fetch = fetch;
      undici.unsubscribe(onUndici);
      http.unsubscribe(onHttp);
      sockets.unsubscribe(onSocket);
    },
  };
}

function note(by: string, to: string): void {
  const within = insideEffect.getStore();
  if (within === undefined || within.seen !== undefined) return;
  within.gate.outside.push({ by, to, items: workedItems.getStore()?.keys ?? [], at: frameOfJob() });
}

function hostOf(target: unknown): string {
  const text = target instanceof Request ? target.url : String(target);
  return URL.canParse(text) ? new URL(text).host : text;
}
