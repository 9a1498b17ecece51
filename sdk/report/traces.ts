/**
 * Traces of a run; `README.md` has the table of spans and tags.
 *
 * One span a run, and within it one for each item that was sampled, failed or was slow, and for what such an item did. An
 * effect that failed or was slow has a span in any case, and so has the item that it belongs to. Of what is done outside
 * of items (pages, the ledger, groups) the first 20 of a kind have one, then as many as of items, and all that failed
 * or were slow.
 *
 * Guarantees: no record's content, no secret that `redact-text.ts` or `secrets` know, an item's key in `stint.item.key` only;
 * a tracer that throws disturbs nothing. Memory is bounded by the items in flight: of each the last 32 effects.
 * Does not guarantee a span for what happens before the run has its lease, nor any when its process dies.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { EffectMiddleware } from '../effects.ts';
import { DryRunWrite } from '../errors.ts';
import { currentCall } from '../loop/call.ts';
import type { RunReport } from './metrics.ts';
import { RunTraces } from './run-traces.ts';
import type { Span, Tracer } from './tracer.ts';

export interface TracesOptions {
  readonly job: string;
  /** Share of items that have a span of their own, from 0 to 1. @default 0.01 */
  readonly sampleItems?: number;
  /** An item that takes longer has a span, in ms. @default 5_000 */
  readonly slowItemMs?: number;
  /** An effect that takes longer has a span, in ms. A sleep is never slow. @default 1_000 */
  readonly slowEffectMs?: number;
  /** Blanked in messages of errors and reasons of skips. @default none */
  readonly secrets?: readonly string[];
  /** The run's. @default the machine's */
  readonly clock?: Clock;
}

/** What a run is to be given so that it is traced: for one run at a time. */
export interface TraceReport extends RunReport {
  /** The span that the running code belongs to: of its item, if that is traced by now, else of the run. */
  current(): Span | undefined;
}

export function reportTraces(tracer: Tracer, { clock = systemClock, ...options }: TracesOptions): TraceReport {
  const traces = new RunTraces(tracer, {
    clock,
    job: options.job,
    sampleItems: options.sampleItems ?? 0.01,
    slowItemMs: options.slowItemMs ?? 5_000,
    slowEffectMs: options.slowEffectMs ?? 1_000,
    secrets: options.secrets ?? [],
  });
  return {
    observer: {
      onStart: (start) => traces.start(start),
      onOutcome: (item) => traces.settle(item),
      onEnd: (summary) => traces.end(summary),
    },
    middleware: traceEffects(traces, clock),
    current: () => traces.current(currentCall.getStore())?.span,
  };
}

function traceEffects(traces: RunTraces, clock: Clock): EffectMiddleware {
  return async (effect, next) => {
    const call = currentCall.getStore();
    const startedMs = clock.monotonicMs();
    const note = (failure: { readonly error: unknown } | undefined) => {
      const durationMs = clock.monotonicMs() - startedMs;
      traces.perform(call, { effect, startTimeMs: clock.now() - durationMs, durationMs, failure });
    };
    try {
      const result = await next();
      note(undefined);
      return result;
    } catch (error) {
      if (!(error instanceof DryRunWrite)) note({ error });
      throw error;
    }
  };
}
