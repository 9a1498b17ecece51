/** What the commands are given: all that they know of the world outside, so that they can be tried without it. */
import type { Clock, Job } from '@stint/sdk';
import type { Place } from '../names.ts';
import type { Settings } from '../settings.ts';
import type { Clients } from './clients.ts';

export interface RegionalPlace extends Place {
  readonly region: string;
}

/** As CloudFormation writes it. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** What `npx serverless package` makes of the registry and the settings. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Out {
  /** A result: a line, or several, on standard output. */
  print(text: string): void;
  /** What else a person should know, on standard error. */
  note(text: string): void;
  /** Of a line, in characters. */
  readonly width: number;
}

/** What needs no account. */
export interface PlanWorld {
  readonly jobs: readonly Job[];
  readonly settings: Settings;
  readonly place: RegionalPlace;
  readonly template: Template;
  readonly clock: Clock;
  readonly out: Out;
}

export interface JobsWorld extends PlanWorld {
  readonly clients: Clients;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}
