/**
 * The definition of a fake: an external API that is played by MSW handlers over a typed state.
 *
 * A definition holds nothing that runs; `startFake` serves it on a socket.
 */
import type { HttpHandler } from 'msw';
import type { z } from 'zod';

/** What handlers need besides their state. */
export interface FakeTools {
  /** Waits before an answer, in ms, on the clock that the fake was started with; rejects when the client leaves. 0: not at all. */
  sleep(ms: number, request: Request): Promise<void>;
}

export interface Fake<TState extends object, TInput = unknown> {
  /** Names the fake in fixtures and error texts. */
  readonly name: string;
  /** What the fake knows. Defaults in the schema are what a fixture may leave out. */
  readonly state: z.ZodType<TState, TInput>;
  /**
   * The handlers, asked for once per start and once per reset. Paths are relative (`/payments/:reference`).
   * Handlers read and write `state` itself, so that a test which changes it changes the next answer.
   */
  routes(state: TState, tools: FakeTools): readonly HttpHandler[];
  /**
   * What the service itself would find in its books, as JSON: what a sweep compares. Leave out what may differ between two runs that
   * did the same, such as how often something was asked for, or keys made from a run's id. @default the whole state
   */
  books?(state: TState): unknown;
}

/** Defines a fake; the types of state and handlers follow from the schema. */
export function defineFake<TState extends object, TInput>(fake: Fake<TState, TInput>): Fake<TState, TInput> {
  return fake;
}
