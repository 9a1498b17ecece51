/** Counts and distributions over dd-trace's DogStatsD client: to the agent over HTTP, or UDP where it does not take that. */
import type { Metrics, Tags } from '@stint/sdk';
import type ddTrace from 'dd-trace';

export class DatadogMetrics implements Metrics {
  readonly #client: ddTrace.DogStatsD;
  // Tags are given again and again as the same object.
  readonly #known = new WeakMap<Tags, string[]>();
  #waiting = 0;

  constructor(client: ddTrace.DogStatsD) {
    this.#client = client;
  }

  /** Counts of the same name and tags are added up until they are sent. */
  count(name: string, value: number, tags: Tags = noTags): void {
    this.#client.increment(name, value, this.#toTags(tags));
  }

  distribution(name: string, value: number, tags: Tags = noTags): void {
    this.#client.distribution(name, value, this.#toTags(tags));
    // Each is a line of its own. The client sends every ten seconds: ten thousands at once would be lost on the way.
    this.#waiting++;
    if (this.#waiting >= mostWaiting) this.#send();
  }

  /** Sends what there is; resolves when it is out of this process, or was given up. Its sockets keep no process. */
  flush(): Promise<void> {
    return new Promise((resolve) => this.#send(resolve));
  }

  #send(done?: () => void): void {
    this.#waiting = 0;
    // The callback is not in the types of dd-trace 6.21.
    const flush = this.#client.flush as (done?: () => void) => void;
    flush.call(this.#client, done);
  }

  #toTags(tags: Tags): string[] {
    const known = this.#known.get(tags);
    if (known !== undefined) return known;
    const made = Object.entries(tags).map(([name, value]) => `${toTag(name)}:${toTag(value)}`);
    this.#known.set(tags, made);
    return made;
  }
}

const mostWaiting = 1_000;
const noTags: Tags = {};
const longestTag = 100;

/** What would end a tag or a line is left out of it. */
function toTag(text: string): string {
  return text.slice(0, longestTag).replace(/[^\w.:/-]/g, '_');
}
