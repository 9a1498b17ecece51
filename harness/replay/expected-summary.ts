/** The summary that a case expects: `summary.json`, whole but for what is volatile, beside the subset in `case.json`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@stint/sdk';
import { z } from 'zod';
import type { Case } from '../fixture/index.ts';
import { readJsonFile } from '../fixture/index.ts';

const expectedSummary: z.ZodType<Readonly<Record<string, Json>>> = z.record(z.string(), z.json());

export const summaryFile = ({ directory }: Pick<Case, 'directory'>): string => join(directory, 'summary.json');

/** Undefined: the case has none. @throws FixtureError */
export async function readExpectedSummary(testCase: Case): Promise<Readonly<Record<string, Json>> | undefined> {
  const file = summaryFile(testCase);
  return existsSync(file) ? await readJsonFile(file, expectedSummary) : undefined;
}

/** Whether the case says what must come of it, in one way or the other. */
export function hasExpectation(testCase: Case): boolean {
  return testCase.expect !== undefined || existsSync(summaryFile(testCase));
}
