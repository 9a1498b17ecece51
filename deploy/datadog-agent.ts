/**
 * Whether the Datadog agent is there, and what it did not take. dd-trace sends again what cannot be sent, longer than a task has,
 * and tells of what it gives up in its debug output only.
 *
 * Guarantees: what it heard or found is one sentence, with the address and the cause, and no secret of the address. `ask` takes at
 * most `askMs`; any answer is one: agents of before 2021, and what else takes dd-trace's data, need not have `/info`.
 * Does not guarantee that there is no loss when it says nothing: UDP tells of none, nor does an agent of what it drops.
 */
import { subscribe } from 'node:diagnostics_channel';
import { type ClientRequest, get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { describeError, type EnvironmentValues } from '@stint/sdk';
import type ddTrace from 'dd-trace';

type Sent = 'metrics' | 'traces';

/** What dd-trace 6.21 has and its types do not. */
interface WithConfig {
  readonly _tracer?: {
    /** Without a URL where it sends to no agent. */
    readonly _exporter?: { readonly _url?: URL | null };
    readonly _config?: { readonly dogstatsd?: { readonly hostname?: string; readonly port?: string | number } };
  };
}

interface DatadogError {
  readonly status?: number;
  readonly code?: string;
}

/** As long as dd-trace itself waits for an answer, in ms. */
const askMs = 2_000;
// What dd-trace says of an error, before it tells the error.
const said = /^(?:(Error sending payload to the agent)|DogStatsDClient: (?:(HTTP error)|Host not found|UDP error))/;

export class DatadogAgent {
  readonly #url: URL | undefined;
  readonly #address: string;
  readonly #udpAddress: string;
  readonly #setBy: string;
  readonly #heard = new Map<Sent, string>();
  #unreached: string | undefined;
  /** Of what dd-trace tells the error next. */
  #next: { readonly sent: Sent; readonly isUdp: boolean } | undefined;

  constructor(native: typeof ddTrace.tracer, { DD_TRACE_AGENT_URL }: EnvironmentValues) {
    const { _tracer } = native as typeof native & WithConfig;
    const { hostname, port } = _tracer?._config?.dogstatsd ?? {};
    this.#url = _tracer?._exporter?._url ?? undefined;
    this.#address = this.#url === undefined ? 'an unknown address' : addressOf(this.#url);
    this.#udpAddress = `${hostname}:${port} (UDP)`;
    this.#setBy = DD_TRACE_AGENT_URL ? 'DD_TRACE_AGENT_URL' : 'DD_AGENT_HOST';
    // Told only what failed: it costs nothing until then.
    subscribe('datadog:log:error', (told) => this.#hear(told));
  }

  /** Finds out whether it answers. Never rejects. */
  async ask(): Promise<void> {
    if (this.#url === undefined) return;
    const signal = AbortSignal.timeout(askMs);
    try {
      await answered(this.#url, signal);
    } catch (error) {
      this.#unreached = signal.aborted ? `did not answer within ${askMs} ms` : causeOf(error);
    }
  }

  /** What was lost and why, with what was `late` at the end; undefined: nothing that is known. */
  lossOf(late: ReadonlyMap<Sent, unknown>): string | undefined {
    if (this.#unreached !== undefined)
      return this.#sentence(['metrics', 'traces'], [`at ${this.#address} ${this.#unreached}`]);
    const causes = new Map(this.#heard);
    for (const [sent, error] of late) {
      const why = `at ${this.#address} did not take them in time: ${describeError(error).message}`;
      if (!causes.has(sent)) causes.set(sent, why);
    }
    return causes.size === 0 ? undefined : this.#sentence([...causes.keys()].sort(), [...causes.values()]);
  }

  #sentence(lost: readonly Sent[], causes: readonly string[]): string {
    const why = [...new Set(causes)].join(', ');
    const check = `check ${this.#setBy} and that the agent runs`;
    return `${lost.join(' and ')} are lost, some or all: the Datadog agent ${why}; ${check}`;
  }

  #hear(told: unknown): void {
    const [what, traces, http] = said.exec(told instanceof Error ? told.message : `${told}`) ?? [];
    const next = this.#next;
    this.#next = what === undefined ? undefined : { sent: traces ? 'traces' : 'metrics', isUdp: !traces && !http };
    if (this.#next || !next) return;
    const { sent, isUdp } = next;
    if (sent === 'metrics' && !isUdp && isNoLoss(told)) return;
    this.#heard.set(sent, `at ${isUdp ? this.#udpAddress : this.#address} ${causeOf(told)}`);
  }
}

/** An old agent takes no metrics over HTTP; a connection may end just when it is used again. They go over UDP then. */
function isNoLoss(error: unknown): boolean {
  const { status, code } = error as DatadogError;
  return code === 'ECONNRESET' || (status !== undefined && status < 500);
}

function causeOf(error: unknown): string {
  const { status } = error as DatadogError;
  if (status !== undefined) return `answered ${status}`;
  const { code, message } = describeError(error);
  return `cannot be reached: ${code || message}`;
}

/** Without what else a URL may hold. */
function addressOf({ protocol, hostname, port, pathname }: URL): string {
  if (protocol === 'unix:') return pathname;
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/** Resolves when it answers, whatever it says. On a connection of its own: dd-trace's may be waiting for an answer. */
async function answered(url: URL, signal: AbortSignal): Promise<void> {
  const { protocol, hostname, port } = urlToHttpOptions(url);
  const at = protocol === 'unix:' ? { socketPath: url.pathname } : { hostname, port };
  const get = protocol === 'https:' ? getHttps : getHttp;
  let request: ClientRequest | undefined;
  try {
    await new Promise((resolve, reject) => {
      request = get({ ...at, path: '/info', agent: false, signal }, resolve).on('error', reject);
    });
  } finally {
    request?.destroy();
  }
}
