/**
 * Spans over dd-trace. A run's root span is always kept, with all below it: what is worth a span was chosen before.
 */
import { describeError, type LogFields, redactText } from '@stint/sdk';
import type ddTrace from 'dd-trace';

export type SpanTags = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  /** @default none: it begins a trace */
  readonly parent?: DatadogSpan | undefined;
  /** Wall clock, ms since the epoch. @default now */
  readonly startTimeMs?: number | undefined;
  /** `run` of a span without a parent is the run that log lines are found by. @default none */
  readonly tags?: SpanTags | undefined;
}

type Native = typeof ddTrace.tracer;

/** What dd-trace 6.21 has and its types do not. */
interface WithExporter {
  readonly _tracer?: { readonly _exporter?: { flush?(done: () => void): void } };
}

/** As many runs can be told of in log lines: more than go on at once. */
const mostRuns = 200;

export class DatadogTracer {
  readonly #native: Native;
  readonly #fieldsOf = new Map<string, LogFields>();

  constructor(native: Native) {
    this.#native = native;
  }

  startSpan(name: string, { parent, startTimeMs, tags = {} }: SpanStart = {}): DatadogSpan {
    const native = this.#native.startSpan(name, {
      ...(parent === undefined ? {} : { childOf: parent.native }),
      ...(startTimeMs === undefined ? {} : { startTime: startTimeMs }),
      tags: parent === undefined ? { ...tags, 'manual.keep': true } : { ...tags },
    });
    if (parent === undefined && typeof tags.run === 'string') this.#remember(tags.run, native);
    return new DatadogSpan(native);
  }

  /** `dd`: the trace and span of a run, as Datadog looks for them in logs; nothing for a run that has none. */
  logFields(runId: unknown): LogFields {
    return (typeof runId === 'string' && this.#fieldsOf.get(runId)) || noFields;
  }

  /** Sends what was ended; resolves when the agent has answered, or was given up. */
  flush(): Promise<void> {
    const { _tracer } = this.#native as Native & WithExporter;
    const exporter = _tracer?._exporter;
    return new Promise((resolve) => (exporter?.flush ? exporter.flush(resolve) : resolve()));
  }

  #remember(runId: string, span: ddTrace.Span): void {
    const fields = {};
    this.#native.inject(span, 'log', fields);
    this.#fieldsOf.delete(runId);
    this.#fieldsOf.set(runId, fields);
    const [oldest] = this.#fieldsOf.keys();
    if (this.#fieldsOf.size > mostRuns && oldest !== undefined) this.#fieldsOf.delete(oldest);
  }
}

const noFields: LogFields = {};

export class DatadogSpan {
  readonly native: ddTrace.Span;

  constructor(native: ddTrace.Span) {
    this.native = native;
  }

  setTag(name: string, value: string | number | boolean): void {
    this.native.setTag(name, value);
  }

  /** Marks it as failed, with name, message and frames of the error, and no secret that looks like one. */
  setError(error: unknown): void {
    const { name, code, message } = describeError(error);
    const type = code === '' ? name : `${name} ${code}`;
    const shown = redactText(message);
    // The first lines of a stack repeat the message.
    const frames =
      error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line)) : [];
    this.native.addTags({
      error: true,
      'error.type': type,
      'error.message': shown,
      'error.stack': [`${type}: ${shown}`, ...frames].join('\n'),
    });
  }

  /** Wall clock. @default now */
  end(endTimeMs?: number): void {
    this.native.finish(endTimeMs);
  }
}
