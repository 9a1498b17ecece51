/** How long effects took, by kind and target: of at most 50 targets by name, so that tags stay few; of all others together. */
import { Reservoir } from './reservoir.ts';

const mostTargets = 50;
const others = 'other';

type Tags = Readonly<Record<string, string>>;

interface Durations {
  readonly tags: Tags;
  readonly sample: Reservoir;
}

export class EffectDurations {
  readonly #tags: Tags;
  readonly #mostValues: number;
  readonly #byTarget = new Map<string, Durations>();
  // Beside them: they must not take a place from one with a name.
  readonly #others = new Map<string, Durations>();

  /** `mostValues`: of each target, at a time. */
  constructor(tags: Tags, mostValues: number) {
    this.#tags = tags;
    this.#mostValues = mostValues;
  }

  add(kind: string, target: string, durationMs: number): void {
    this.#find(kind, target).sample.add(durationMs);
  }

  /** Hands out what came since it was called last. */
  take(each: (durationMs: number, tags: Tags) => void): void {
    for (const durations of [this.#byTarget, this.#others]) {
      for (const { sample, tags } of durations.values()) for (const value of sample.take()) each(value, tags);
    }
  }

  /** Forgets all targets. */
  clear(): void {
    this.#byTarget.clear();
    this.#others.clear();
  }

  #find(kind: string, target: string): Durations {
    const name = `${kind} ${target}`;
    const found = this.#byTarget.get(name);
    if (found !== undefined) return found;
    if (this.#byTarget.size < mostTargets) return this.#make(this.#byTarget, name, kind, target);
    return this.#others.get(kind) ?? this.#make(this.#others, kind, kind, others);
  }

  #make(durations: Map<string, Durations>, name: string, kind: string, target: string): Durations {
    const made = { tags: { ...this.#tags, kind, target }, sample: new Reservoir(this.#mostValues) };
    durations.set(name, made);
    return made;
  }
}
