/**
 * Spans over dd-trace. A trace is always kept, whole: what is worth a span was chosen before.
 */
import type { DescribedError, LogFields, Span, SpanOptions, Tracer } from '@stint/sdk';
import type ddTrace from 'dd-trace';

interface SpanStart extends Omit<SpanOptions, 'parent'> {
  readonly parent?: DatadogSpan | undefined;
}

type Native = typeof ddTrace.tracer;

/** What dd-trace 6.21 has and its types do not. */
interface WithExporter {
  readonly _tracer?: { readonly _exporter?: { flush?(done: () => void): void } };
}

export class DatadogTracer implements Tracer {
  readonly #native: Native;

  constructor(native: Native) {
    this.#native = native;
  }

  startSpan(name: string, { parent, startTimeMs, tags }: SpanStart): DatadogSpan {
    const native = this.#native.startSpan(name, {
      ...(parent === undefined ? {} : { childOf: parent.native }),
      startTime: startTimeMs,
      tags: parent === undefined ? { ...tags, 'manual.keep': true } : { ...tags },
    });
    return new DatadogSpan(this.#native, native);
  }

  /** Sends what was ended; resolves when the agent has answered, or was given up. */
  flush(): Promise<void> {
    const { _tracer } = this.#native as Native & WithExporter;
    const exporter = _tracer?._exporter;
    return new Promise((resolve) => (exporter?.flush ? exporter.flush(resolve) : resolve()));
  }
}

export class DatadogSpan implements Span {
  readonly native: ddTrace.Span;
  readonly #tracer: Native;
  #logFields: LogFields | undefined;

  constructor(tracer: Native, native: ddTrace.Span) {
    this.#tracer = tracer;
    this.native = native;
  }

  /** `dd`: the span and its trace, as Datadog looks for them in lines of a log. */
  get logFields(): LogFields {
    if (this.#logFields === undefined) {
      this.#logFields = {};
      this.#tracer.inject(this.native, 'log', this.#logFields);
    }
    return this.#logFields;
  }

  setTag(name: string, value: string | number | boolean): void {
    this.native.setTag(name, value);
  }

  setError({ name, code, message }: DescribedError): void {
    this.native.addTags({
      error: true,
      'error.type': code === '' ? name : `${name} ${code}`,
      'error.message': message,
    });
  }

  end(endTimeMs: number): void {
    this.native.finish(endTimeMs);
  }
}
