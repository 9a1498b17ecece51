/** Waits for something that nobody tells of, such as a call that reaches a fake. */
import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 5;

/** @throws Error naming `what` when it has not come after `withinMs`. @default withinMs: 10 s */
export async function until(what: string, hasCome: () => boolean, withinMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!hasCome()) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await delay(lookEveryMs);
  }
}
