/** What a rehearsal has to show: each check says what is so, or what is not. */
import { isToBeTold, type Job, type Summary } from '@stint/sdk';
import type { FakeAgent } from '../sinks/fake-agent.ts';
import type { ForwardedLine } from '../sinks/forward-sink.ts';

export interface Check {
  /** With what was seen. */
  readonly what: string;
  /** What was seen instead. @default undefined: it is so */
  readonly problem?: string;
}

const outcomes = ['succeeded', 'skipped', 'failed', 'quarantined'] as const;
// What a router puts on a line by the options of its output: from the job they would be there twice.
const ofTheRouter = ['ddsource', 'dd_source', 'dd_service', 'ddtags', 'dd_tags', 'ddservice'];

export const checkThat = (what: string, isSo: boolean, got: unknown = ''): Check =>
  isSo ? { what } : { what, problem: typeof got === 'string' ? got : JSON.stringify(got) };

export function checkLines(lines: readonly ForwardedLine[], secrets: readonly string[]): readonly Check[] {
  const parsed = lines.map(({ text }) => parseLine(text));
  const odd = lines.filter((_, index) => parsed[index] === undefined).map(({ text }) => text.slice(0, 200));
  const doubled = ofTheRouter.filter((name) => parsed.some((line) => line !== undefined && name in line));
  const leaked = secrets.filter((secret) => lines.some(({ text }) => text.includes(secret)));
  return [
    checkThat(
      `${lines.length} lines reached the log router, each of them JSON`,
      odd.length === 0 && lines.length > 0,
      odd,
    ),
    checkThat('no line has what the router puts on it (ddsource, service and tags)', doubled.length === 0, doubled),
    checkThat('no line holds a secret', leaked.length === 0, `${leaked.length} secrets`),
  ];
}

export function parseLine(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? { ...line } : undefined;
  } catch {
    // Node's own last words, perhaps: that it is no JSON is what is told.
    return undefined;
  }
}

export function checkMetrics(agent: FakeAgent, { items, status }: Summary): Check {
  const counted = Object.fromEntries(outcomes.map((name) => [name, agent.sum('stint.items', `outcome:${name}`)]));
  const isSo =
    outcomes.every((name) => counted[name] === items[name]) &&
    agent.sum('stint.run.finished', `status:${status}`) === 1 &&
    agent.sum('stint.run.finished') === 1;
  const what = `${agent.metrics.length} metrics reached the agent, and add up to the summary`;
  return checkThat(what, isSo, { counted, finished: agent.sum('stint.run.finished') });
}

export function checkSpans({ spans }: FakeAgent, { runId, job }: Summary): Check {
  const runs = spans.filter(({ name }) => name === 'stint.run');
  const isSo = runs.length === 1 && runs[0]?.meta['stint.run.id'] === runId && runs[0].resource === job;
  const one = new Set(spans.map(({ trace_id }) => trace_id)).size === 1;
  return checkThat(`${spans.length} spans reached the agent, one trace, begun by the run`, isSo && one, {
    runs: runs.length,
  });
}

export function checkSlack(messages: readonly { readonly text?: string }[], job: Job, summary: Summary): Check {
  const headlines = messages.map(({ text = '' }) => text);
  return isToBeTold(job.notify, summary)
    ? checkThat(
        `Slack is told: ${headlines[0]}`,
        headlines.length === 1 && headlines[0]?.includes(job.name) === true,
        headlines,
      )
    : checkThat(`Slack is not told of a run that ${summary.status}`, headlines.length === 0, headlines);
}

/** Whether a summary has what the case expects of a run. */
export function checkExpected(summary: Summary, expected: Readonly<Record<string, unknown>> | undefined): Check {
  const all: Readonly<Record<string, unknown>> = { ...summary };
  const others = Object.entries(expected ?? {}).filter(([name, value]) => !holds(all[name], value));
  const { read, succeeded, skipped, failed } = summary.items;
  const what = `the run ${summary.status}, as the case expects: ${read} read, ${succeeded} succeeded, ${skipped} skipped, ${failed} failed`;
  return checkThat(
    what,
    others.length === 0,
    others.map(([name]) => ({ [name]: all[name] })),
  );
}

function holds(got: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return got === expected;
  return Object.entries(expected).every(([name, value]) =>
    holds((got as Record<string, unknown> | undefined)?.[name], value),
  );
}
