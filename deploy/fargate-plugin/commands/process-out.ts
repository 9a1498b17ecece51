/** The process that a command runs in: its terminal, and Ctrl-C. */
import { InterruptedError } from '@stint/sdk';
import type { Out } from './world.ts';

const widthOfNone = 80;
/** Longer lines are hard to read. */
const widest = 120;

export const processOut: Out = {
  print(text) {
    // Of `jobs plan | head`: who reads no further is not to be told of an error.
    if (!process.stdout.listeners('error').includes(passOverClosed)) process.stdout.on('error', passOverClosed);
    process.stdout.write(`${text}\n`);
  },
  note: (text) => void process.stderr.write(`${text}\n`),
  get width() {
    return Math.min(process.stdout.columns ?? widthOfNone, widest);
  },
};

function passOverClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** The first Ctrl-C ends the waiting, a second one the process. */
export function processInterrupts(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    stop();
    controller.abort(new InterruptedError(`interrupted by ${name}`, name));
  };
  const stop = () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return { signal: controller.signal, [Symbol.dispose]: stop };
}
