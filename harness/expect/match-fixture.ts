/** `expect(summary).to.match.fixture('<job>/<case>')`: the summary that a case expects. */
import { join } from 'node:path';
import type { Json, Summary } from '@stint/sdk';
import { loadCase } from '../fixture/index.ts';
import { describeDifference, diffJson } from '../replay/diff-json.ts';
import { hasExpectation, readExpectedSummary } from '../replay/expected-summary.ts';
import { repositoryRoot } from '../repository.ts';
import { stableSummary } from './stable-summary.ts';

const shownDifferences = 12;

/**
 * How the summary differs from `summary.json` of the case and from `expect` in its `case.json`, as text; undefined: it does
 * not. Hosts are not compared: they are another fake's each time.
 * @throws FixtureError; Error when the case expects nothing
 */
export async function findFixtureDifference(summary: Summary, name: string): Promise<string | undefined> {
  const testCase = await loadCase(join(repositoryRoot, 'fixtures', name));
  const expected = await readExpectedSummary(testCase);
  if (expected === undefined && !hasExpectation(testCase)) {
    throw new Error(
      `expected the case ${name} to have a summary.json or an "expect", got neither; run npx stint replay fixtures/${name} --update`,
    );
  }
  const differences = [
    ...(expected === undefined ? [] : diffJson(withoutHosts(expected), withoutHosts(stableSummary(summary)))),
    ...(testCase.expect === undefined
      ? []
      : diffJson(testCase.expect, JSON.parse(JSON.stringify(summary)), { subset: true })),
  ];
  if (differences.length === 0) return undefined;
  const lines = [...new Set(differences.map(describeDifference))];
  const more = lines.length > shownDifferences ? [`  … and ${lines.length - shownDifferences} more`] : [];
  return [
    `expected the summary of ${name}, got another:`,
    ...lines.slice(0, shownDifferences).map((line) => `  ${line}`),
    ...more,
  ].join('\n');
}

/** Without what a host is named in: calls by host, and the messages of errors. */
function withoutHosts(summary: Readonly<Record<string, Json>>): Json {
  const strip = (key: string, value: unknown) => (key === 'message' ? undefined : value);
  const { external: _, ...others } = summary;
  return JSON.parse(JSON.stringify(others, strip));
}
