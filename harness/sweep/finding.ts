/** Something that a sweep found, and what usually mends it. */

export type FindingKind =
  | 'lost'
  | 'differs'
  | 'repeated'
  | 'worked-twice'
  | 'outcome'
  | 'status'
  | 'accounts'
  | 'around-the-door'
  | 'acted-late'
  | 'retried'
  | 'stale'
  | 'hangs'
  | 'not-repeatable';

export interface Finding {
  readonly kind: FindingKind;
  /** What came of it, as it goes on after what was done: `the charge was sent twice, with no Idempotency-Key`. */
  readonly text: string;
  /** Where in the job's code. */
  readonly at?: string | undefined;
}

/** What usually mends it. */
export const advice: Readonly<Record<FindingKind, string>> = {
  lost: 'let an item settle only when its work is done: await every effect, and let errors out of the handler',
  differs:
    'make the write conditional on what was read, or do it in a transaction with markDone(item), so that doing it again changes nothing',
  repeated: 'leave the Idempotency-Key of ctx.http as it is, or write in a transaction with markDone(item)',
  'worked-twice': 'the ledger and the loop bound this, not the job: report it',
  outcome: 'let the error out of the handler: the loop tries again what is worth it, and counts the rest as failed',
  status: 'look at the error of the summary; a run has to end whatever its services do',
  accounts: 'settle each item once, and await all that the handler begins',
  'around-the-door':
    'use ctx.http, ctx.postgres, ctx.dynamo: what goes round them is neither limited, nor stopped, nor recorded',
  'acted-late': 'do nothing outside of ctx: it refuses what comes after the lease is gone',
  retried: 'let the error out as it is: it says itself whether trying again can help',
  stale:
    'make the write conditional on what was read (where … = what it was), or read the record again in the transaction that writes it',
  hangs: 'await nothing but effects and ctx.clock.sleep',
  'not-repeatable':
    'a job must do the same for the same data: take time from ctx.clock, chance from ctx.random, and give queries an order',
};
