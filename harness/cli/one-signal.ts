/**
 * Tells a process that serves until it is told to end.
 *
 * The first SIGINT or SIGTERM aborts `signal`; a later one ends the process at once. One that
 * comes within a second is the first one again: below npm a Ctrl-C can come twice, from the terminal and from npm, which
 * passes it on.
 */
import { exitCodes, InterruptedError, type ProcessSignals } from '@stint/sdk';

const againWithinMs = 1_000;

export function stopOnOneSignal(): ProcessSignals {
  const controller = new AbortController();
  let firstMs: number | undefined;
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    if (firstMs === undefined) {
      firstMs = performance.now();
      controller.abort(new InterruptedError(`told to end by ${name}`, name));
    } else if (performance.now() - firstMs > againWithinMs) {
      process.exit(name === 'SIGINT' ? exitCodes.sigint : exitCodes.sigterm);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
