/** The port to whatever takes traces. */
import type { DescribedError } from './describe-error.ts';

export type SpanTags = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** A span of the same tracer. @default none: the span is the root of a trace */
  readonly parent?: Span | undefined;
  /** By the wall clock, in ms since the epoch, with fractions; it may lie in the past. */
  readonly startTimeMs: number;
  readonly tags: SpanTags;
}

export interface Span {
  setTag(name: string, value: string | number | boolean): void;
  /** Marks it as failed. */
  setError(error: DescribedError): void;
  /** Once. Its children may end after it. */
  end(endTimeMs: number): void;
}

export interface Tracer {
  startSpan(name: string, options: SpanOptions): Span;
}

/** A tracer that never throws: a span that could not be begun is none, and its children have no parent. */
export class QuietTracer {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  startSpan(name: string, parent: QuietSpan | undefined, startTimeMs: number, tags: SpanTags): QuietSpan {
    const about = { startTimeMs, tags, ...(parent?.span === undefined ? {} : { parent: parent.span }) };
    try {
      return new QuietSpan(this.#tracer.startSpan(name, about));
    } catch {
      return new QuietSpan(undefined);
    }
  }
}

export class QuietSpan {
  /** As the tracer made it; undefined: it could not. */
  readonly span: Span | undefined;

  constructor(span: Span | undefined) {
    this.span = span;
  }

  end(
    endTimeMs: number,
    { tags = {}, error }: { readonly tags?: SpanTags; readonly error?: DescribedError | undefined } = {},
  ): void {
    try {
      for (const [name, value] of Object.entries(tags)) this.span?.setTag(name, value);
      if (error !== undefined) this.span?.setError(error);
      this.span?.end(endTimeMs);
    } catch {
      // A trace is a nicety: the run goes on without it.
    }
  }
}
