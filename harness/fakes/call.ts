/** One request that reached a fake. Never a body, a query string or an auth header: a record can be printed anywhere. */
export interface Call {
  readonly method: string;
  /** The path without its query string. */
  readonly path: string;
  /** When the request's head had arrived, by the fake's monotonic clock (by default `performance.now()`). */
  readonly startedAtMs: number;
  /** When the answer was about to be sent, or its client had left; undefined while the call is in flight. */
  readonly finishedAtMs: number | undefined;
  /** The answer's status; undefined while the call is in flight, if its client left, or if the connection was reset. */
  readonly status: number | undefined;
  readonly idempotencyKey?: string;
}

/** A request that no route answered, with what helps to see why; secrets are blanked. */
export interface UnhandledCall extends Call {
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body; empty: there was none, or it is no text. */
  readonly body: string;
}

/** A call as text for error messages. */
export function describeCall(call: Call): string {
  return `${call.method} ${call.path}`;
}
