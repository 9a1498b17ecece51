import type { RunView } from '../schemas.ts';

export type ShownStatus = RunView['status'] | 'crashed' | 'cancelling';
export type Tone = 'live' | 'good' | 'bad' | 'wait' | 'dim';
export type ProgressPlace =
  | 'status'
  | 'headline'
  | 'source'
  | 'ran'
  | 'succeeded'
  | 'skipped'
  | 'failed'
  | 'retried'
  | 'inFlight'
  | 'waited'
  | 'rate'
  | 'timeLeft';

export function statusOf(run: Pick<RunView, 'status' | 'leaseHeld' | 'cancelledBy'>): ShownStatus;
export function toneOf(status: ShownStatus): Tone;
export function barOf(run: Pick<RunView, 'progress'>): { readonly max: number; readonly value: number | undefined };
export function progressTexts(run: RunView): Readonly<Record<ProgressPlace, string>>;
export function spokenProgress(run: RunView): string;
