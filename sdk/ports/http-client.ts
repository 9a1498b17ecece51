/**
 * undici, loaded at the first request: a run that makes none does not wait for it, and one that does begins earlier.
 *
 * Guarantees: it is loaded once, and what it has opened is gone after its disposal.
 */
import type { Agent, request } from 'undici';

export interface LoadedClient {
  readonly agent: Agent;
  readonly request: typeof request;
}

export class HttpClient implements AsyncDisposable {
  /** Undefined: not loaded, yet. So that a request need not wait for what is there. */
  loaded: LoadedClient | undefined = undefined;
  readonly #connections: number;
  #loading: Promise<LoadedClient> | undefined;

  /** `connections`: to one origin at once. */
  constructor(connections: number) {
    this.#connections = connections;
  }

  load(): Promise<LoadedClient> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = await this.#loading;
    await client?.agent.destroy();
  }

  async #load(): Promise<LoadedClient> {
    // By its default: in a bundle that is all that a CommonJS module has, when it is loaded so.
    const { default: undici } = await import('undici');
    const { Agent, request } = undici;
    // The time that a request has is its own; undici's five minutes would come before a longer one.
    const agent = new Agent({ connections: this.#connections, headersTimeout: 0, bodyTimeout: 0 });
    this.loaded = { agent, request };
    return this.loaded;
  }
}
