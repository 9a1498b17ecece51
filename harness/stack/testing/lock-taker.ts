/** A program that takes every lock whose path it is sent, says whether it got it, and holds it until it ends. */
import { takeLock } from '../lock-file.ts';

const held: Disposable[] = [];
process.on('message', (path: string) => {
  const lock = takeLock(path);
  if (lock !== undefined) held.push(lock);
  process.send?.(lock !== undefined);
});
process.send?.('ready');
