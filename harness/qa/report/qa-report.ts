/** What the report is made of: checks, and the runs that each of them made. */
import type { Summary } from '@stint/sdk';

export interface QaReport {
  readonly startedAt: Date;
  /** Undefined: the checks go on, or were cut off. */
  readonly finishedAt: Date | undefined;
  /** Kind of the stack: embedded, containers, external. */
  readonly stack: string;
  /** How many there are to be. */
  readonly expectedChecks: number;
  readonly checks: readonly QaCheck[];
}

export interface QaCheck {
  /** What is checked: a job, or what is around it. */
  readonly subject: string;
  /** What must be so, as a sentence without its subject. */
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'not run';
  readonly durationMs: number;
  readonly failure: QaFailure | undefined;
  readonly runs: readonly QaRun[];
}

export interface QaFailure {
  readonly message: string;
  /** Both undefined when the failure is no comparison. */
  readonly expected: string | undefined;
  readonly actual: string | undefined;
  /** `file:line` of the check in this repository. */
  readonly place: string | undefined;
}

/** A run of a job, as it was started and as it ended. */
export interface QaRun {
  /** What was done, in plain words. */
  readonly did: string;
  readonly scope: unknown;
  readonly command: string;
  /** As it may be shown: see `shown-environment.ts`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined: it did not end. */
  readonly end: QaRunEnd | undefined;
  /** What the fakes were asked while it went on. */
  readonly calls: readonly RouteCalls[];
}

export interface QaRunEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  readonly summary: Summary | undefined;
  /** The last line of its log, when there is no summary. */
  readonly said: string | undefined;
}

/** Calls of one route, by the status of their answers. */
export interface RouteCalls {
  /** Variable that holds the API's URL. */
  readonly api: string;
  readonly method: string;
  /** What differs between calls is an asterisk. */
  readonly route: string;
  /** `200` → how many; `none` for calls that were not answered. */
  readonly byStatus: Readonly<Record<string, number>>;
}
