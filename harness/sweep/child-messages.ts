/** What a sweep and the child process that makes an attempt for it tell each other. All of it survives JSON. */
import type { EnvironmentValues, SettledItem, Stores, Summary } from '@stint/sdk';
import type { AttemptWorld } from './attempt.ts';
import type { SeenEffect } from './gate.ts';
import type { LedgerAddress } from './ledger-address.ts';
import type { LedgerNotes } from './tapped-ledger.ts';

/** Where a child finds a job: in the registry by its name, or as what a module exports by default. */
export interface JobPlace {
  readonly name: string;
  /** The module's URL or absolute path. @default the registry */
  readonly module?: string | undefined;
}

/** One end of a process: killed before or after an effect, or sent SIGTERM at it. */
export interface ChildEnd {
  readonly number: number;
  readonly moment: 'before' | 'after' | 'signal';
}

/** An attempt to be made. Holds passwords, as the addresses of stores do. */
export interface ChildOrder {
  readonly case: AttemptWorld['testCase'];
  readonly environment: EnvironmentValues;
  readonly stores: Stores;
  readonly ledger: LedgerAddress;
  readonly areHoldersGone: boolean;
  /** Wall clock at which its time begins, in ms since 1970. */
  readonly startsAtMs: number;
  /** Waits so long before it starts, in ms of its time. */
  readonly afterMs: number;
  readonly end: ChildEnd;
}

/** To the child. Of calls that wait in a fake, by their numbers: for time, for ever, not any more. */
export type ToChild =
  | { readonly is: 'order'; readonly order: ChildOrder }
  | { readonly is: 'sleeps'; readonly id: number; readonly ms: number; readonly call: string }
  | { readonly is: 'hangs'; readonly id: number; readonly call: string }
  | { readonly is: 'left'; readonly id: number };

/** From the child: it has loaded all it needs; a call has waited long enough. */
export type FromChild = { readonly is: 'ready' } | { readonly is: 'waited'; readonly id: number };

/** What it leaves in its file before it dies, or ends. */
export interface ChildNotes {
  readonly end:
    | { readonly kind: 'stopped'; readonly at: number }
    | { readonly kind: 'ended'; readonly summary: Summary }
    | { readonly kind: 'threw'; readonly message: string };
  readonly seen: readonly SeenEffect[];
  readonly started: readonly (readonly [key: string, times: number])[];
  readonly settled: readonly SettledItem[];
  readonly ledger: LedgerNotes;
  /** How far its time has come. */
  readonly elapsedMs: number;
}

/** Where a child finds the file for its notes open. */
export const notesFile = 3;
