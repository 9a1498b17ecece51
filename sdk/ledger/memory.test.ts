import { VirtualClock } from '../testing/virtual-clock.ts';
import { MemoryLedger } from './memory.ts';
import { describeLedger } from './testing/conformance.ts';

describeLedger('memory', async () => {
  const clock = new VirtualClock();
  const first = new MemoryLedger({ clock });
  return {
    open: async (options) => first.another(options),
    pass: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {},
  };
});
