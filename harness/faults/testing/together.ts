/**
 * Tests of one file that run at the same time: their processes mostly wait, for a lease or an outage to end.
 *
 * Each is reported by its own name. They begin with the first that mocha comes to, so many at a time.
 */
import { before, it } from 'mocha';

type Body = () => Promise<void>;

export interface TogetherOptions {
  /** @default 4 */
  readonly atATime?: number;
  /** Of the whole lot, in ms. @default 60_000 */
  readonly timeoutMs?: number;
}

/** Defines the tests; call it inside of `describe`. */
export function together(tests: Readonly<Record<string, Body>>, options: TogetherOptions = {}): void {
  const { atATime = 4, timeoutMs = 60_000 } = options;
  const results = new Map<string, PromiseWithResolvers<void>>();
  for (const name of Object.keys(tests)) results.set(name, Promise.withResolvers());
  const waiting = Object.entries(tests);

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, body] = next;
      const result = results.get(name);
      await body().then(result?.resolve, result?.reject);
    }
  }

  before(() => {
    // Each is awaited by its own test; until then nobody has to know how it ended.
    for (const { promise } of results.values()) promise.catch(() => {});
    for (let worker = 0; worker < atATime; worker++) void work();
  });
  for (const [name, { promise }] of results) it(name, () => promise).timeout(timeoutMs);
}
