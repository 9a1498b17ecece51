/**
 * How QA starts a run: the one place that knows the ways in, and chooses by STINT_QA_WAY_IN.
 *
 *   process (the default)   `node deploy/task.ts <job>`, a process of its own with nothing but the environment that a task has. The task
 *                           knows no dry run for a person; for that the command line runs the job on the same stores (`--stack external`).
 *   image                   our image (`npm run image`): the admin runs in a container of it, and is asked with `POST /admin/<job>`. What
 *                           cannot be asked of it goes to the image's task: a schedule, a run of everything, one that is killed.
 */
import type { Summary } from '@stint/sdk';
import { environment } from '../cli/environment.ts';
import { startByAdmin } from './start-by-admin.ts';
import { startImageTask } from './start-image-task.ts';
import { startProcess } from './start-process.ts';

export interface RunRequest {
  readonly job: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @default {}: everything */
  readonly scope?: unknown;
  /** @default false */
  readonly dryRun?: boolean;
  /** When the schedule meant the run to start, ISO 8601. @default started by hand */
  readonly scheduledTime?: string;
  /** It will get signals. @default false */
  readonly isToBeKilled?: boolean;
}

export interface StartedRun extends AsyncDisposable {
  /** As a person would type it; the environment apart. */
  readonly command: string;
  /** What the process got. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ended: Promise<RunEnd>;
  kill(signal: NodeJS.Signals): void;
}

export interface RunEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Undefined: it was refused before it was a run, or killed. */
  readonly summary: Summary | undefined;
  /** The last line it wrote, when that is no summary. */
  readonly said: string | undefined;
}

export function startRun(request: RunRequest): StartedRun {
  const { STINT_QA_WAY_IN: way = 'process' } = environment;
  if (way === 'process') return startProcess(request);
  if (way !== 'image') throw new Error(`expected STINT_QA_WAY_IN to be process or image, got "${way}"; correct it`);
  return canBeAsked(request) ? startByAdmin(request) : startImageTask(request);
}

/** Of the admin: it is no scheduler, sends no signals, and lets nobody run all there is. */
function canBeAsked({ scope, scheduledTime, isToBeKilled = false }: RunRequest): boolean {
  return Object.keys(scope ?? {}).length > 0 && scheduledTime === undefined && !isToBeKilled;
}
