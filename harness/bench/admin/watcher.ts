/** A client of `…/events`, as a browser's EventSource is one: a connection of its own, and counted events. */
import { get } from 'node:http';

export interface Watcher extends Disposable {
  /** Resolves with the first event. */
  readonly watching: Promise<void>;
  /** So far. */
  readonly events: number;
  /** Its end has been told, or its connection was cut. */
  readonly isOver: boolean;
}

export function watch(url: string, token: string): Watcher {
  const watching = Promise.withResolvers<void>();
  let events = 0;
  let isOver = false;
  let rest = '';
  const request = get(url, {
    agent: false,
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
  });
  request.on('error', (error) => {
    isOver = true;
    watching.reject(error);
  });
  request.on('response', (response) => {
    if (response.statusCode !== 200) watching.reject(new Error(`expected events, got ${response.statusCode}`));
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      const blocks = `${rest}${text}`.split('\n\n');
      rest = blocks.pop() ?? '';
      events += blocks.filter((block) => block.startsWith('id: ')).length;
      if (events > 0) watching.resolve();
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      isOver = true;
    });
  });
  return {
    watching: watching.promise,
    get events() {
      return events;
    },
    get isOver() {
      return isOver;
    },
    [Symbol.dispose]: () => void request.destroy(),
  };
}
