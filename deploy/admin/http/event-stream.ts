/**
 * Server-sent events.
 *
 * Guarantees: a client that does not read holds back nobody but itself, and little memory: nothing more is written to it until it has read,
 * and after `patienceMs` it is cut off. The source is left when the client goes.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { RunEvent } from '../schemas.ts';

const keepAliveMs = 15_000;
const patienceMs = 60_000;
/** After which a client that was cut off comes back, in ms. */
const retryMs = 2_000;

/** Writes events until there are no more, the client has gone, or the signal fires. */
export async function streamEvents(
  res: ServerResponse,
  events: (signal: AbortSignal) => AsyncIterable<RunEvent>,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  res.once('close', leave);
  // Of a client that has gone nothing more is to be told.
  res.on('error', leave);
  closing.addEventListener('abort', leave);
  if (closing.aborted) leave();
  const keepAlive = setInterval(() => {
    if (res.writableLength === 0) res.write(':\n\n');
  }, keepAliveMs);
  try {
    res.write(`retry: ${retryMs}\n\n`);
    for await (const { id, event, json } of events(gone.signal)) {
      if (gone.signal.aborted) return;
      if (!res.write(`id: ${id}\nevent: ${event}\ndata: ${json}\n\n`)) await drained(res, gone.signal);
    }
  } finally {
    clearInterval(keepAlive);
    closing.removeEventListener('abort', leave);
    res.end();
  }
}

async function drained(res: ServerResponse, gone: AbortSignal): Promise<void> {
  const late = setTimeout(() => res.destroy(), patienceMs);
  try {
    await once(res, 'drain', { signal: gone });
  } catch {
    // It has gone.
  } finally {
    clearTimeout(late);
  }
}
