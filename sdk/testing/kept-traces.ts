/** Spans that stay in memory, for tests. */
import { expect } from 'chai';
import type { DescribedError } from '../report/describe-error.ts';
import type { Span, SpanOptions, SpanTags, Tracer } from '../report/tracer.ts';

export class KeptSpan implements Span {
  readonly name: string;
  readonly parent: Span | undefined;
  readonly startTimeMs: number;
  readonly tags: Record<string, SpanTags[string]>;
  error: DescribedError | undefined;
  endTimeMs: number | undefined;

  constructor(name: string, { parent, startTimeMs, tags }: SpanOptions) {
    this.name = name;
    this.parent = parent;
    this.startTimeMs = startTimeMs;
    this.tags = { ...tags };
  }

  get durationMs(): number {
    return (this.endTimeMs ?? Number.NaN) - this.startTimeMs;
  }

  setTag(name: string, value: SpanTags[string]): void {
    this.tags[name] = value;
  }

  setError(error: DescribedError): void {
    this.error = error;
  }

  end(endTimeMs: number): void {
    expect(this.endTimeMs, `${this.name} ended twice`).to.equal(undefined);
    this.endTimeMs = endTimeMs;
  }
}

export class KeptTraces implements Tracer {
  readonly spans: KeptSpan[] = [];

  startSpan(name: string, options: SpanOptions): KeptSpan {
    const span = new KeptSpan(name, options);
    this.spans.push(span);
    return span;
  }

  named(name: string): readonly KeptSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  childrenOf(parent: Span | undefined): readonly KeptSpan[] {
    return this.spans.filter((span) => span.parent === parent);
  }

  /** The span of the item with this key; undefined: it has none. */
  item(key: string): KeptSpan | undefined {
    return this.spans.find(({ tags }) => tags['stint.item.key'] === key);
  }
}
