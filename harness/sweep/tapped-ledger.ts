/** A ledger as one attempt uses it, which takes note of what the store took of its writes. */
import type { Ledger, Save } from '@stint/sdk';

export interface LedgerNotes {
  /** Items in the last checkpoint that the store took, also when its answer never came; undefined: none was taken. */
  savedItems: number | undefined;
  /** Writes that the store took, by operation. */
  readonly taken: ('heartbeat' | 'checkpoint' | 'finish')[];
  /** Items that were marked, in the checkpoints that the store took, as about to be started alone. */
  readonly marked: string[];
  /** The run that was claimed. */
  runId: string | undefined;
  /** When it was granted and when it was finished, by `performance.now()`. */
  claimedMs: number | undefined;
  finishedMs: number | undefined;
}

export interface TappedLedger {
  readonly ledger: Ledger;
  readonly notes: LedgerNotes;
}

export function emptyNotes(): LedgerNotes {
  return {
    savedItems: undefined,
    taken: [],
    marked: [],
    runId: undefined,
    claimedMs: undefined,
    finishedMs: undefined,
  };
}

export function tapLedger(ledger: Ledger): TappedLedger {
  const notes = emptyNotes();
  const noteSaved = ({ checkpoint }: Save): void => {
    const { succeeded, skipped, failed, quarantined } = checkpoint.tally;
    if (checkpoint.mark !== null) notes.marked.push(checkpoint.mark.key);
    notes.savedItems = succeeded + skipped + failed + quarantined;
  };
  const tapped: Pick<Ledger, 'claim' | 'heartbeat' | 'checkpoint' | 'finish'> = {
    async claim(request) {
      const claim = await ledger.claim(request);
      if (claim.granted) Object.assign(notes, { runId: claim.lease.runId, claimedMs: performance.now() });
      return claim;
    },
    async heartbeat(lease) {
      const answer = await ledger.heartbeat(lease);
      notes.taken.push('heartbeat');
      return answer;
    },
    async checkpoint(lease, save) {
      await ledger.checkpoint(lease, save);
      noteSaved(save);
      notes.taken.push('checkpoint');
    },
    async finish(lease, end) {
      await ledger.finish(lease, end);
      noteSaved(end);
      notes.taken.push('finish');
      notes.finishedMs = performance.now();
    },
  };
  return {
    notes,
    ledger: {
      ...tapped,
      runs: (query) => ledger.runs(query),
      run: (runId) => ledger.run(runId),
      failures: (runId, query) => ledger.failures(runId, query),
      series: (runId) => ledger.series(runId),
      cancel: (runId, by) => ledger.cancel(runId, by),
      audit: (entry) => ledger.audit(entry),
      audits: (query) => ledger.audits(query),
      prune: () => ledger.prune(),
      [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
    },
  };
}
