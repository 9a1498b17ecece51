/** Middleware that counts requests by host, for the summary. */
import type { Clock } from '../clock.ts';
import type { EffectMiddleware } from '../effects.ts';
import { DryRunWrite, HttpError } from '../errors.ts';
import type { Summary } from '../summary.ts';
import { MsHistogram } from './ms-histogram.ts';

export class ExternalMeasure {
  readonly #hosts = new Map<string, { calls: number; errors: number; readonly latency: MsHistogram }>();

  /** Counts a request as an error when it failed or was answered with 5xx or 429. */
  middleware(clock: Clock): EffectMiddleware {
    return async (effect, next) => {
      if (effect.kind !== 'http') return next();
      const host = this.#host(effect.target);
      const startedMs = clock.monotonicMs();
      try {
        const result = await next();
        host.calls += 1;
        return result;
      } catch (error) {
        // A dry run sent nothing.
        if (error instanceof DryRunWrite) throw error;
        host.calls += 1;
        if (!(error instanceof HttpError) || error.status >= 500 || error.status === 429) host.errors += 1;
        throw error;
      } finally {
        host.latency.record(clock.monotonicMs() - startedMs);
      }
    };
  }

  toJSON(): Summary['external'] {
    const hosts = [...this.#hosts].map(([host, { calls, errors, latency }]) => [
      host,
      { calls, errors, p95Ms: latency.percentileMs(95) },
    ]);
    return Object.fromEntries(hosts);
  }

  #host(name: string) {
    const host = this.#hosts.get(name) ?? { calls: 0, errors: 0, latency: new MsHistogram() };
    this.#hosts.set(name, host);
    return host;
  }
}
