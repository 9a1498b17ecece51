/**
 * Reads at an even pace, whatever becomes of those before.
 *
 * A read's time is counted from when it was due: one that had to wait for a connection, or for this process, is not made to look fast.
 */
import { Agent, get } from 'node:http';

export interface Read {
  /** What is asked, for people. */
  readonly name: string;
  /** Asked for in turn. */
  readonly paths: readonly string[];
  readonly accept: 'application/json' | 'text/html';
}

export interface PacedReads {
  readonly url: string;
  readonly token: string;
  /** In turn. */
  readonly reads: readonly Read[];
  readonly perSecond: number;
  readonly forMs: number;
}

export interface ReadFigures {
  readonly count: number;
  /** Answers other than 200, and none at all. */
  readonly errors: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Of all, under '', and of each by its name. */
export async function readPaced({
  url,
  token,
  reads,
  perSecond,
  forMs,
}: PacedReads): Promise<Record<string, ReadFigures>> {
  using agent = Object.assign(new Agent({ keepAlive: true, maxSockets: 100 }), {
    [Symbol.dispose]: () => agent.destroy(),
  });
  const took = new Map<string, number[]>([['', []], ...reads.map(({ name }) => [name, []] as [string, number[]])]);
  const errors = new Map<string, number>();
  const startedMs = performance.now();
  const all: Promise<void>[] = [];
  for (let turn = 0; turn < (perSecond * forMs) / 1_000; turn += 1) {
    const dueMs = startedMs + (turn * 1_000) / perSecond;
    const read = reads[turn % reads.length];
    if (read === undefined) break;
    const path = read.paths[Math.floor(turn / reads.length) % read.paths.length];
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    all.push(
      readOnce(agent, `${url}${path}`, read.accept, token).then((isGood) => {
        for (const name of ['', read.name]) {
          took.get(name)?.push(performance.now() - dueMs);
          if (!isGood) errors.set(name, (errors.get(name) ?? 0) + 1);
        }
      }),
    );
  }
  await Promise.all(all);
  return Object.fromEntries([...took].map(([name, ms]) => [name, toFigures(ms, errors.get(name) ?? 0)]));
}

/** Whether it was answered with 200. */
function readOnce(agent: Agent, url: string, accept: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent, headers: { accept, authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      response.on('close', () => resolve(response.complete && response.statusCode === 200));
    });
    request.on('error', () => resolve(false));
  });
}

function toFigures(took: readonly number[], errors: number): ReadFigures {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? 0;
  return { count: sorted.length, errors, p50: at(0.5), p99: at(0.99), max: at(1) };
}
