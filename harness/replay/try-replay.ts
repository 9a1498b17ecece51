/** Replays a case among others: one that is broken does not keep the others from being replayed. */
import { FakeError } from '../fakes/index.ts';
import { type Case, FixtureError } from '../fixture/index.ts';
import { nameOf, type Replay, type ReplayOptions, replayCase } from './replay-case.ts';

/** What came of a case: its replay, or why there is none. */
export type CaseResult = Replay | BrokenReplay;

export interface BrokenReplay {
  readonly case: string;
  readonly status: 'broken';
  readonly code: string;
  readonly message: string;
}

/** Errors that are not the case's, such as those of its stores, are thrown as they are. */
export async function tryReplay(testCase: Case, options: ReplayOptions): Promise<CaseResult> {
  try {
    return await replayCase(testCase, options);
  } catch (error) {
    if (!(error instanceof FixtureError || error instanceof FakeError)) throw error;
    return { case: nameOf(testCase), status: 'broken', code: error.code, message: error.message };
  }
}
