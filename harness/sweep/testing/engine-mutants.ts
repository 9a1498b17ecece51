/** The SDK with one line changed, in ways that peers have shipped: a sweep that passes one of them is broken itself. */

/** One text of one file, and what stands there instead. */
export interface EngineMutant {
  /** From `sdk/`. */
  readonly file: string;
  /** Has to be there once. */
  readonly text: string;
  readonly by: string;
}

export type MutantName = keyof typeof engineMutants;

export const engineMutants = {
  /** The checkpoint's cursor is the last item that was begun, not the last that is done. */
  'cursor-before-item': {
    file: 'loop/watermark.ts',
    text: 'const last = this.#firstOpen === undefined ? this.#lastAdded : this.#firstOpen.before;',
    by: 'const last = this.#lastAdded;',
  },
  /** A resumed run counts what went before twice. */
  'counted-twice': {
    file: 'loop/loops.ts',
    text: 'this.#earlier = resume === undefined ? new Tally() : Tally.fromJSON(resume.tally);',
    by: 'this.#earlier = resume === undefined ? new Tally() : Tally.fromJSON(resume.tally); this.#earlier.merge(this.#earlier);',
  },
  /** An item that was in flight when the run was stopped counts as done, as a cursor that is moved on in `finally`. */
  'checkpoint-in-finally': {
    file: 'each.ts',
    text: 'if (!(await waitForRetry(this.#context, retry))) return;',
    by: 'if (!(await waitForRetry(this.#context, retry))) { this.#options.accounts.settle(item, succeeded); return; }',
  },
  /** Nobody beats. */
  'lease-not-renewed': {
    file: 'ledger/lease-keeper.ts',
    text: '    this.#trustFrom(options.renewedMs);\n    this.#schedule(this.#beatEveryMs);',
    by: '    this.#trustFrom(options.renewedMs);',
  },
  /** The ledger takes checkpoints, and with them the end of a run, from whoever held the lease once. */
  'unfenced-write': {
    file: 'ledger/postgres-writes.ts',
    text: 'set checkpoint = $4::json, checkpoint_seq = $3, updated_at = clock_timestamp()\n    where run_id = $1 and token = $2',
    by: 'set checkpoint = $4::json, checkpoint_seq = $3, updated_at = clock_timestamp()\n    where run_id = $1 and token >= $2',
  },
  /** A zombie's beat keeps a lease that is another's. */
  'unfenced-heartbeat': {
    file: 'ledger/postgres-writes.ts',
    text: "where run_id = $1 and token = $2 and status = 'running' returning cancelled_by",
    by: "where run_id = $1 and token >= $2 and status = 'running' returning cancelled_by",
  },
  /** A resume begins with the last item that is done, not after it. */
  'page-begins-early': {
    file: 'sources/postgres-keyset.ts',
    text: "compare(keyset.descending ? '<' : '>', bounds.after);",
    by: "compare(keyset.descending ? '<=' : '>=', bounds.after);",
  },
  /** A resume leaves out the first item that is not done. */
  'page-begins-late': {
    file: 'sources/postgres-keyset.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the SDK
    text: 'order by ${orderBy(keyset, keyset.descending)}`,',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the SDK
    by: "order by ${orderBy(keyset, keyset.descending)}${bounds.after === undefined ? '' : ' offset 1'}`,",
  },
  /** An item that was tried again is settled once for each try. */
  'double-settle': {
    file: 'loop/accounts.ts',
    text: '      tally.succeeded += 1;',
    by: '      tally.succeeded += item.attempt;',
  },
} as const satisfies Readonly<Record<string, EngineMutant>>;
