/** Events of `events/`: in the documented shape of ECS's events, one of each way in which a task stops. None is of a real task. */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../events/', import.meta.url);

// biome-ignore lint/suspicious/noExplicitAny: tests look into it and change it
export type EcsEvent = any;

export const eventNames = readdirSync(folder).map((file) => file.replace('.json', ''));

/** A fresh one each time. */
export function readEvent(name: string): EcsEvent {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}
