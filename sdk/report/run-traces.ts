/** The spans of one run: which there are, and what is in them. `traces.ts` says what that guarantees. */
import type { Clock } from '../clock.ts';
import type { Call } from '../loop/call.ts';
import { WorkItem } from '../loop/item.ts';
import type { Summary } from '../summary.ts';
import type { DescribedError } from './describe-error.ts';
import type { SettledItem } from './progress.ts';
import { Redaction } from './redaction.ts';
import { type KeySampler, sampleKeys } from './sample-keys.ts';
import { type PerformedEffect, TracedItem } from './traced-item.ts';
import { type QuietSpan, QuietTracer, type Tracer } from './tracer.ts';

export interface RunTracesOptions {
  readonly clock: Clock;
  readonly job: string;
  readonly sampleItems: number;
  readonly slowItemMs: number;
  readonly slowEffectMs: number;
  readonly secrets: readonly string[];
}

// Of each kind and operation outside of items: a short run is traced as a whole.
const firstOutside = 20;

export class RunTraces {
  readonly #tracer: QuietTracer;
  readonly #options: RunTracesOptions;
  readonly #redaction: Redaction;
  // Items in work that did something, by loop and key.
  readonly #items = new Map<string, TracedItem>();
  readonly #outside = new Map<string, number>();
  #run: QuietSpan | undefined = undefined;
  #isSampled: KeySampler = () => false;

  constructor(tracer: Tracer, options: RunTracesOptions) {
    this.#tracer = new QuietTracer(tracer);
    this.#options = options;
    this.#redaction = new Redaction(options.secrets);
  }

  start({ runId, attempt }: { readonly runId: string; readonly attempt: number }): void {
    const { clock, sampleItems } = this.#options;
    this.#isSampled = sampleKeys(runId, sampleItems);
    this.#run = this.#startRun(runId, attempt, clock.now());
  }

  current(call: Call | undefined): QuietSpan | undefined {
    if (this.#run === undefined || !(call instanceof WorkItem) || call.closed) return this.#run;
    const item = this.#items.get(nameOf(call.loopName, call.key));
    if (item?.span !== undefined) return item.span;
    return this.#isSampled(call.key) ? this.#openItem(this.#itemOf(call), call) : this.#run;
  }

  perform(call: Call | undefined, performed: PerformedEffect): void {
    if (this.#run === undefined) return;
    // What ends after its item was settled has no item any more.
    if (call instanceof WorkItem && !call.closed) this.#performInItem(call, performed);
    else if (this.#isNotable(performed) || this.#isChosen(performed)) this.#emit(this.#run, performed);
  }

  settle(settled: SettledItem): void {
    if (this.#run === undefined) return;
    const { loop, key, outcome, error, startedAtMs, durationMs } = settled;
    const name = this.#items.size === 0 ? undefined : nameOf(loop, key);
    const item = name === undefined ? undefined : this.#items.get(name);
    if (name !== undefined) this.#items.delete(name);
    const failed = outcome === 'failed' || outcome === 'quarantined';
    if (item?.span === undefined && !failed && durationMs < this.#options.slowItemMs && !this.#isSampled(key)) return;
    const span = item?.span ?? this.#startItem(loop, key, startedAtMs);
    for (const performed of item?.takeRemembered() ?? []) this.#emit(span, performed);
    span.end(startedAtMs + durationMs, {
      tags: this.#tagsOf(settled, item),
      error: failed ? this.#describe(error) : undefined,
    });
  }

  end(summary: Summary): void {
    const { clock } = this.#options;
    const nowMs = clock.now();
    for (const item of this.#items.values()) item.span?.end(nowMs, { tags: { 'stint.outcome': 'remaining' } });
    this.#items.clear();
    this.#outside.clear();
    const { runId, attempt, status, startedAt, items, error } = summary;
    // One that was refused never began.
    const run = this.#run ?? this.#startRun(runId, attempt, Date.parse(startedAt));
    this.#run = undefined;
    const { read, succeeded, skipped, failed, quarantined, remaining } = items;
    const counts = Object.entries({ read, succeeded, skipped, failed, quarantined, remaining });
    const tags = Object.fromEntries(counts.map(([name, count]) => [`stint.items.${name}`, count]));
    run.end(nowMs, {
      tags: { 'stint.status': status, ...tags },
      error: error === null ? undefined : this.#redact(error),
    });
  }

  #startRun(runId: string, attempt: number, startTimeMs: number): QuietSpan {
    const { job } = this.#options;
    const tags = { 'resource.name': job, 'stint.job': job, 'stint.run.id': runId, 'stint.attempt': attempt };
    return this.#tracer.startSpan('stint.run', undefined, startTimeMs, tags);
  }

  #startItem(loop: string, key: string, startTimeMs: number): QuietSpan {
    const tags = { 'resource.name': loop, 'stint.loop': loop, 'stint.item.key': key };
    return this.#tracer.startSpan('stint.item', this.#run, startTimeMs, tags);
  }

  #performInItem(call: WorkItem<unknown>, performed: PerformedEffect): void {
    const item = this.#itemOf(call);
    if (item.span === undefined && !this.#isNotable(performed) && !this.#isSampled(call.key)) item.remember(performed);
    else this.#emit(this.#openItem(item, call), performed);
  }

  #itemOf({ loopName, key }: WorkItem<unknown>): TracedItem {
    const name = nameOf(loopName, key);
    const item = this.#items.get(name) ?? new TracedItem();
    this.#items.set(name, item);
    return item;
  }

  /** The item's span; begun, with what it did so far, if it has none yet. */
  #openItem(item: TracedItem, { loopName, key, firstStartMs }: WorkItem<unknown>): QuietSpan {
    if (item.span !== undefined) return item.span;
    const { clock } = this.#options;
    const span = this.#startItem(loopName, key, clock.now() - (clock.monotonicMs() - firstStartMs));
    item.span = span;
    for (const performed of item.takeRemembered()) this.#emit(span, performed);
    return span;
  }

  #emit(parent: QuietSpan, { effect, startTimeMs, durationMs, failure }: PerformedEffect): void {
    const { kind, operation, target, write } = effect;
    const tags = {
      ...{ 'resource.name': `${operation} ${target}`, 'stint.operation': operation },
      ...{ 'stint.target': target, 'stint.write': write },
    };
    const span = this.#tracer.startSpan(`stint.${kind}`, parent, startTimeMs, tags);
    span.end(startTimeMs + durationMs, { error: failure && this.#describe(failure.error) });
  }

  #isNotable({ effect, durationMs, failure }: PerformedEffect): boolean {
    return failure !== undefined || (effect.kind !== 'sleep' && durationMs >= this.#options.slowEffectMs);
  }

  #isChosen({ effect: { kind, operation } }: PerformedEffect): boolean {
    const name = `${kind} ${operation}`;
    const before = this.#outside.get(name) ?? 0;
    this.#outside.set(name, before + 1);
    return before < firstOutside || this.#isSampled(`${name} ${before}`);
  }

  #tagsOf({ outcome, attempts, reason, stalenessMs }: SettledItem, item: TracedItem | undefined) {
    const forgotten = item?.forgotten ?? 0;
    return {
      'stint.outcome': outcome,
      'stint.attempts': attempts,
      ...(reason === undefined ? {} : { 'stint.reason': this.#blank(reason) }),
      ...(stalenessMs === undefined ? {} : { 'stint.staleness.ms': stalenessMs }),
      ...(forgotten === 0 ? {} : { 'stint.effects.forgotten': forgotten }),
    };
  }

  #describe(error: unknown): DescribedError {
    // Blanked before it is cut: a piece of a secret would not be found any more.
    return this.#redact(this.#redaction.error(error));
  }

  #redact({ name, code, message }: DescribedError): DescribedError {
    return { name: this.#blank(name), code: this.#blank(code), message: this.#blank(message) };
  }

  #blank(text: string): string {
    return this.#redaction.text(text);
  }
}

function nameOf(loop: string, key: string): string {
  return `${loop}\n${key}`;
}
