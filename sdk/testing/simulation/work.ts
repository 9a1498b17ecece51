/** The job that a simulated process runs: it works items as planned, and tells the observer what really happens. */

import { z } from 'zod';
import type { Context } from '../../context.ts';
import { defineJob, type Job } from '../../job.ts';
import type { BatchItem, Item } from '../../loop/item.ts';
import { TestSource } from '../test-source.ts';
import { type Actor, never } from './actor.ts';
import type { Draw } from './draw.ts';
import type { FaultsPlan, Kind, LoopPlan } from './plan.ts';
import { idOf } from './run-truth.ts';
import type { Truth } from './truth.ts';

export class SourceFailed extends Error {
  readonly code = 'SIM_SOURCE';
}

export interface WorkOptions {
  readonly actor: Actor;
  readonly truth: Truth;
  readonly draw: Draw;
  readonly faults: FaultsPlan;
  readonly nowMs: () => number;
}

export function makeJob(options: WorkOptions): Job {
  const { job } = options.actor.target;
  const { name, exclusive, limits, loops, sideBySide } = job;
  const run = async (ctx: Context) => {
    const workers = loops.map((loop) => new Worker(ctx, loop, options));
    if (sideBySide) await Promise.all(workers.map((worker) => worker.run()));
    else for (const worker of workers) await worker.run();
  };
  const scope = z.object({ part: z.number().optional() });
  return defineJob({ name, summary: 'Is simulated.', scope, exclusive, limits, run }) as unknown as Job;
}

class Worker {
  readonly #ctx: Context;
  readonly #loop: LoopPlan;
  readonly #options: WorkOptions;
  readonly #tries: number;

  constructor(ctx: Context, loop: LoopPlan, options: WorkOptions) {
    this.#ctx = ctx;
    this.#loop = loop;
    this.#options = options;
    this.#tries = options.actor.target.job.limits.retry?.attempts ?? 1;
  }

  run(): Promise<void> {
    const ctx = this.#ctx;
    const { name, groupSize } = this.#loop;
    const source = this.#openSource();
    if (groupSize === 0) return ctx.each(source, (value, item) => this.#work(value, item), { name });
    return ctx.eachBatch(source, (items, { signal }) => this.#workGroup(items, signal), { name, size: groupSize });
  }

  #openSource(): TestSource {
    const { kinds, segments, pageSize, pageMs } = this.#loop;
    const { actor, draw, faults, nowMs } = this.#options;
    const fails = nowMs() < faults.untilMs && draw.chance(faults.sourceError) && kinds.length > 0;
    return new TestSource({
      ...{ clock: actor.process.clock, items: kinds.length, segments, maxPageSize: pageSize, pageMs },
      ...(fails ? { failAt: { item: draw.int(0, kinds.length - 1), error: new SourceFailed('no page') } } : {}),
    });
  }

  async #work(value: number, item: Item): Promise<void> {
    const kind = this.#kindOf(value);
    this.#start(value, item.attempt);
    await this.#ctx.clock.sleep(this.#loop.workMs[value] ?? 0, item.signal);
    await this.#befall(kind);
    const error = this.#errorOf(kind, item.attempt);
    if (error !== undefined) {
      if (item.attempt >= this.#tries || kind === 'fail') this.#end(value);
      throw error;
    }
    if (kind === 'skip') item.skip('not due');
    else await this.#perform(value, item);
    this.#end(value);
  }

  async #workGroup(items: readonly BatchItem<number>[], signal: AbortSignal): Promise<void> {
    for (const { value, attempt } of items) this.#start(value, attempt);
    await this.#ctx.clock.sleep(Math.max(...items.map(({ value }) => this.#loop.workMs[value] ?? 0)), signal);
    for (const { value } of items) await this.#befall(this.#kindOf(value));
    const skipped: number[] = [];
    try {
      for (const item of items) await this.#workMember(item, items.length, skipped);
    } catch (error) {
      // What was said of an item counts, however the handler ends.
      for (const value of skipped) this.#end(value);
      throw error;
    }
    for (const { value } of items) this.#end(value);
  }

  async #workMember(item: BatchItem<number>, members: number, skipped: number[]): Promise<void> {
    const { value, attempt } = item;
    const kind = this.#kindOf(value);
    const error = this.#errorOf(kind, attempt);
    if (kind === 'skip') {
      item.skip('not due');
      skipped.push(value);
    } else if (error === undefined) await this.#perform(value, item);
    else if (this.#loop.throwsForGroup) {
      if (members === 1) this.#end(value);
      throw error;
    } else item.fail(error);
  }

  /** What ends the work on an item here and now, if it is of that kind. */
  async #befall(kind: Kind): Promise<void> {
    if (kind === 'poison') {
      this.#options.actor.kill('poisoned');
      await never();
    }
    if (kind === 'hang') await never();
  }

  #kindOf(value: number): Kind {
    return this.#loop.kinds[value] ?? 'ok';
  }

  #errorOf(kind: Kind, attempt: number): Error | undefined {
    if (kind === 'fail') return new Error('cannot be done');
    const isTransient = kind === 'exhaust' || (kind === 'late' && attempt < this.#tries);
    return isTransient ? Object.assign(new Error('connection reset'), { code: 'ECONNRESET' }) : undefined;
  }

  async #perform(value: number, item: Pick<Item, 'count'>): Promise<void> {
    item.count('done');
    await this.#ctx.http.post(`http://${this.#loop.name}.${value}.simulated/`);
  }

  #start(value: number, attempt: number): void {
    const { actor, truth } = this.#options;
    if (actor.isAlive && actor.attempt !== undefined) truth.start(actor.attempt, this.#loop, value, attempt === 1);
  }

  #end(value: number): void {
    const { actor, truth } = this.#options;
    if (actor.isAlive && actor.attempt !== undefined) truth.end(actor.attempt, idOf(this.#loop.name, value));
  }
}
