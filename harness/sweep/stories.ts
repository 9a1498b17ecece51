/** Tells what was found in as few stories as there are ways in which it was found. */
import type { Trial } from './point.ts';
import type { ReportInput, Story } from './report.ts';

type About = Pick<ReportInput, 'testCase' | 'ledger' | 'mode' | 'seed'>;

/** What a story is about stands first: losses and repeats before what follows from them. */
const weights = ['around-the-door', 'lost', 'repeated', 'stale', 'acted-late', 'retried', 'worked-twice'];

/** One for each way, the one that was found first; those found most often come first. */
export function toStories(failed: readonly Trial[], about: About): readonly Omit<Story, 'advice'>[] {
  const groups = Map.groupBy(failed, wayOf);
  const stories = [...groups.values()].flatMap((trials) =>
    trials[0] === undefined ? [] : [toStory(trials[0], trials, about)],
  );
  return stories.toSorted((a, b) => b.points.length - a.points.length);
}

function toStory(
  { point: { id, kind, title, at }, findings: all }: Trial,
  trials: readonly Trial[],
  { testCase: { job, name }, ledger, mode, seed }: About,
): Omit<Story, 'advice'> {
  const findings = all.toSorted((a, b) => weightOf(a.kind) - weightOf(b.kind));
  const how = mode === 'fast' ? '' : ` --mode ${mode}`;
  return {
    id,
    kind,
    text: `${title}: ${findings.map(({ text }) => text).join('; ')}`,
    at: findings[0]?.at ?? at,
    command: `npx stint sweep ${job} --fixture ${name} --ledger ${ledger} --seed ${seed}${how} --point ${id}`,
    findings,
    points: trials.map(({ point }) => point.id),
  };
}

function weightOf(kind: string): number {
  const weight = weights.indexOf(kind);
  return weight === -1 ? weights.length : weight;
}

/** Same kind of point, same place in the code, same kinds of findings: whichever items, and how many. */
function wayOf({ point: { kind, at, title }, findings }: Trial): string {
  const found = [...new Set(findings.map((finding) => `${finding.kind} ${finding.at ?? ''}`))].sort();
  // Without a place in the code, what was done tells it, but for its items.
  const where = at ?? title.replaceAll(/ for items? .*/g, '').replaceAll(/item \S+/g, 'item');
  return JSON.stringify([kind, where, found]);
}
