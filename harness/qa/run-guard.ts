/**
 * Lets no run outlive the checks: a run is a process group of its own, so that Ctrl-C does not reach it, and would go on
 * without its stores. SIGKILL of the checks' own process runs nothing.
 */
import { guardExit } from '../stack/exit-guard.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Calls `kill` if this process exits or is told to end before the guard is disposed; then the signal does what it would have done. */
export function guardRun(kill: () => void): Disposable {
  const guard = guardExit(kill);
  const onSignal = (signal: NodeJS.Signals) => {
    release();
    kill();
    process.kill(process.pid, signal);
  };
  const release = () => {
    guard[Symbol.dispose]();
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return { [Symbol.dispose]: release };
}
