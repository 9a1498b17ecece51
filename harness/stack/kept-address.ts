/**
 * How other processes use a kept stack while it runs: its holder leaves the address in its slot, in a file with mode 0600,
 * since it holds the superuser's password.
 *
 * A guest takes a lock of its own, and then looks for the address. The holder ends its servers only when it finds no such
 * lock after it took the address away. So they never end under a guest that was let in, unless the holder is killed or
 * exits without dispose. A holder's dispose waits for its guests, however long they take.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { attachStack, describeStack } from './attach-stack.ts';
import { lockHolder, takeLock } from './lock-file.ts';
import { lockServer } from './server-lock.ts';
import { slotLock } from './slot.ts';
import type { Stack } from './stack.ts';

const guestPattern = /^guest-[0-9a-f]+$/;
const lookEveryMs = 100;

/** Lets guests in. Dispose it before the servers: it waits until the last guest has left. */
export function openToGuests(
  slotDirectory: string,
  stack: Stack,
  onStatus: (line: string) => void = () => undefined,
): AsyncDisposable {
  const text = JSON.stringify({ holder: process.pid, address: describeStack(stack) });
  publish(slotDirectory, text);
  return {
    async [Symbol.asyncDispose]() {
      for (;;) {
        await untilGuestsHaveLeft(slotDirectory, onStatus);
        removeAddress(slotDirectory);
        if (guestsOf(slotDirectory).length === 0) return;
        // One that came meanwhile may have read the address; others should find it as long as that one is here.
        publish(slotDirectory, text);
      }
    },
  };
}

/** Undefined when no stack runs on the slot, or its holder has not let anybody in yet, or no more. */
export async function visitStack(slotDirectory: string): Promise<Stack | undefined> {
  await using opened = new AsyncDisposableStack();
  const guest = takeLock(join(slotDirectory, `guest-${randomBytes(6).toString('hex')}`));
  if (guest === undefined) return undefined;
  opened.use(guest);
  const address = readAddress(slotDirectory);
  if (address === undefined) return undefined;
  const stack = opened.use(attachStack(JSON.stringify(address)));
  const answers = await lockServer(stack, `stint guest ${process.pid}`, undefined, async () => true).catch(() => false);
  if (!answers) return undefined;
  const all = opened.move();
  return {
    kind: stack.kind,
    postgresUrl: stack.postgresUrl,
    dynamodb: stack.dynamodb,
    fork: (options) => stack.fork(options),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Takes away what a holder that was killed has left behind. Only for who holds the slot. */
export function removeAddress(slotDirectory: string): void {
  rmSync(addressFile(slotDirectory), { force: true });
}

function publish(slotDirectory: string, text: string): void {
  const draft = `${addressFile(slotDirectory)}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, addressFile(slotDirectory));
}

function readAddress(slotDirectory: string): unknown {
  try {
    const { holder, address } = JSON.parse(readFileSync(addressFile(slotDirectory), 'utf8'));
    // Another server may have the port of one that was killed, and the same password.
    return holder === lockHolder(slotLock(slotDirectory)) ? address : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function untilGuestsHaveLeft(slotDirectory: string, onStatus: (line: string) => void): Promise<void> {
  let told = false;
  for (;;) {
    const guests = guestsOf(slotDirectory);
    if (guests.length === 0) return;
    if (!told) onStatus(`waiting for process ${guests.join(', ')}, which works on these stores too`);
    told = true;
    // There is no event for the end of a process that is not our child.
    await sleep(lookEveryMs);
  }
}

/** Process ids. */
function guestsOf(slotDirectory: string): readonly number[] {
  const locks = readdirSync(slotDirectory).filter((name) => guestPattern.test(name));
  return locks.flatMap((name) => {
    const path = join(slotDirectory, name);
    const pid = lockHolder(path);
    // One that can be taken is of a process that was killed.
    using taken = takeLock(path);
    return taken === undefined && pid !== undefined ? [pid] : [];
  });
}

function addressFile(slotDirectory: string): string {
  return join(slotDirectory, 'address.json');
}
