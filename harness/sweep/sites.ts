/**
 * The sites of one sweep: lent to one world at a time, and used again when that has left nothing behind.
 *
 * Guarantees: a site that is lent is as the case says; all of them are gone when this is disposed.
 */
import type { Case } from '../fixture/index.ts';
import { Site, type SiteOptions } from './site.ts';
import { openWorld, type World } from './world.ts';

export class Sites implements AsyncDisposable {
  readonly #options: SiteOptions;
  readonly #free: Site[] = [];
  readonly #all = new Set<Site>();

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  get testCase(): Case {
    return this.#options.testCase;
  }

  /** Does something in a world that nothing has happened in. */
  async withWorld<TResult>(fn: (world: World) => Promise<TResult>): Promise<TResult> {
    const site = this.#free.pop() ?? (await this.#open());
    let isQuiet = false;
    try {
      await using world = await openWorld(site, this.#options.testCase);
      const result = await fn(world);
      isQuiet = await world.quieten();
      return result;
    } finally {
      if (isQuiet && (await site.restore())) this.#free.push(site);
      else await this.#close(site);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((site) => this.#close(site)));
  }

  async #open(): Promise<Site> {
    const site = await Site.open(this.#options);
    this.#all.add(site);
    return site;
  }

  async #close(site: Site): Promise<void> {
    if (this.#all.delete(site)) await site[Symbol.asyncDispose]();
  }
}
