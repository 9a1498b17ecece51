/**
 * A process that makes one attempt at a run and kills itself (SIGKILL) where it is told to: `node child.ts <job> [module]`, with an IPC
 * channel and, as file 3, one for its notes.
 *
 * Guarantees: nothing of the attempt happens after its end: the signal is sent within the effect's own turn, when all that is known of the
 * attempt is written down. It does not outlive its channel.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { stopOnSignals } from '@stint/sdk';
import { HarnessTime } from '../time/harness-time.ts';
import { type Attempt, type AttemptEnd, type AttemptWorld, startAttempt } from './attempt.ts';
import { type ChildNotes, type ChildOrder, type FromChild, notesFile, type ToChild } from './child-messages.ts';
import { findPlacedJob } from './job-place.ts';
import { openLedgerAt } from './ledger-address.ts';
import { emptyNotes } from './tapped-ledger.ts';

const [name = '', module] = process.argv.slice(2);
const job = await findPlacedJob({ name, module });
// A process that is killed saves nothing: the next one starts faster.
flushCompileCache();

let time = new HarnessTime();
const waits = new Map<number, AbortController>();

process.on('disconnect', die);
process.on('message', (message: ToChild) => {
  if (message.is === 'order') void obey(message.order);
  else if (message.is === 'left') waits.get(message.id)?.abort();
  else void wait(message);
});
tell({ is: 'ready' });

async function obey(order: ChildOrder): Promise<void> {
  time = new HarnessTime(new Date(order.startsAtMs));
  using signals = stopOnSignals();
  const world: AttemptWorld = {
    testCase: order.case,
    stores: order,
    jobStores: order.stores,
    time,
    openLedger: (clock) => openLedgerAt(order.ledger, { clock, areHoldersGone: () => order.areHoldersGone }),
    noteAttempt() {},
  };
  const { number, moment } = order.end;
  let attempt: Attempt | undefined;
  const end = await time
    .runVirtual((extra = {}, hung = new AbortController().signal) => {
      attempt = startAttempt(
        {
          world,
          job,
          afterMs: order.afterMs,
          run: { signal: signals.signal },
          stop: moment === 'signal' ? undefined : { number, moment },
          onStop: () => {
            leave(attempt, { kind: 'stopped', at: number });
            process.kill(process.pid, 'SIGKILL');
          },
          onEffect: (seen) => {
            if (moment === 'signal' && seen.number === number) process.kill(process.pid, 'SIGTERM');
          },
        },
        extra,
        hung,
      );
      return attempt.end;
    })
    .catch((error: unknown): AttemptEnd => ({ kind: 'threw', error }));
  if (end.kind !== 'stopped') leave(attempt, end.kind === 'threw' ? toThrown(end.error) : end);
  process.kill(process.pid, 'SIGKILL');
}

/** Writes down what is known of the attempt: it is in the file when this returns. */
function leave(attempt: Attempt | undefined, end: ChildNotes['end']): void {
  const notes: ChildNotes = {
    end,
    seen: attempt?.gate.seen ?? [],
    started: [...(attempt?.started ?? [])],
    // An error may hold anything; whoever judges looks at outcomes only.
    settled: [...(attempt?.settled.values() ?? [])].map(({ error: _, ...item }) => item),
    ledger: attempt?.ledger ?? emptyNotes(),
    elapsedMs: time.clock.elapsedMs,
  };
  writeSync(notesFile, JSON.stringify(notes));
}

/** A call of this run waits in a fake, which is in the other process: its time is this one's. */
async function wait(message: Extract<ToChild, { is: 'sleeps' | 'hangs' }>): Promise<void> {
  const left = new AbortController();
  waits.set(message.id, left);
  try {
    if (message.is === 'hangs') await time.fakeClock.hang(left.signal, message.call);
    else await time.fakeClock.sleep(message.ms, left.signal, message.call);
    tell({ is: 'waited', id: message.id });
  } catch {
    // Its client has gone, and the fake knows.
  } finally {
    waits.delete(message.id);
  }
}

function toThrown(error: unknown): ChildNotes['end'] {
  return { kind: 'threw', message: error instanceof Error ? error.message : String(error) };
}

function tell(message: FromChild): void {
  // The parent may have gone before that could be listened for.
  if (!process.connected) die();
  process.send?.(message, (error: Error | null) => {
    if (error !== null) die();
  });
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
