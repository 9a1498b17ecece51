/**
 * Server-sent events.
 *
 * Guarantees: a client that does not read holds back nobody but itself, and little memory: nothing more is written to it until it has read,
 * and after `patienceMs` it is cut off. The source is left when the client goes. When the server is being stopped the source is told, and
 * what it still has to tell is written; nobody is waited for then.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { RunEvent } from '../schemas.ts';

export interface StreamOptions {
  /** Fires when the server is being stopped. */
  readonly closing: AbortSignal;
  /** How long a client may read nothing, in ms. */
  readonly patienceMs: number;
}

const keepAliveMs = 15_000;
/** After which a client that was cut off comes back, in ms. */
const retryMs = 2_000;

/** Writes events until there are no more, the client has gone, or the source ends because the signal fired. */
export async function streamEvents(
  res: ServerResponse,
  events: (signal: AbortSignal) => AsyncIterable<RunEvent>,
  { closing, patienceMs }: StreamOptions,
): Promise<void> {
  const over = new AbortController();
  let isGone = false;
  const end = () => over.abort();
  // Of a client that has gone nothing more is to be told.
  const leave = () => {
    isGone = true;
    end();
  };
  res.once('close', leave);
  res.on('error', leave);
  closing.addEventListener('abort', end);
  if (closing.aborted) end();
  // It may have gone before anybody listened.
  if (res.closed) leave();
  const keepAlive = setInterval(() => {
    if (res.writableLength === 0) res.write(':\n\n');
  }, keepAliveMs);
  try {
    res.write(`retry: ${retryMs}\n\n`);
    for await (const event of events(over.signal)) {
      if (isGone) return;
      if (!res.write(frameOf(event))) await drained(res, over.signal, patienceMs);
    }
  } finally {
    clearInterval(keepAlive);
    closing.removeEventListener('abort', end);
    res.end();
  }
}

/** What was written of an event that others watch too. */
const frames = new WeakMap<RunEvent, Buffer>();

/** As bytes, made once: those who do not read hold the same ones, and text would be copied for each. */
function frameOf(event: RunEvent): Buffer {
  let frame = frames.get(event);
  if (frame === undefined) {
    frame = Buffer.from(`id: ${event.id}\nevent: ${event.event}\ndata: ${event.json}\n\n`);
    frames.set(event, frame);
  }
  return frame;
}

async function drained(res: ServerResponse, over: AbortSignal, patienceMs: number): Promise<void> {
  const late = setTimeout(() => res.destroy(), patienceMs);
  try {
    await once(res, 'drain', { signal: over });
  } catch {
    // It has gone, or is not waited for.
  } finally {
    clearTimeout(late);
  }
}
