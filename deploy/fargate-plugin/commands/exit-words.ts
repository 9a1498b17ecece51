/** What a task's end means, for people. */
import { exitCodes } from '@stint/sdk';
import type { TaskEnd } from './task-state.ts';

const words: ReadonlyMap<number, string> = new Map([
  [exitCodes.succeeded, 'succeeded'],
  [exitCodes.failed, 'failed'],
  [exitCodes.usage, 'unknown job, or a scope that does not fit'],
  [exitCodes.temporary, 'interrupted, or refused because it runs already'],
  [exitCodes.environment, 'a variable or secret is missing or does not fit'],
  [exitCodes.sigint, 'interrupted by SIGINT, its checkpoint is saved'],
  [exitCodes.sigterm, 'interrupted by SIGTERM, its checkpoint is saved'],
  [137, 'killed: out of memory, or not done within its stop timeout'],
  [139, 'crashed'],
]);

/** `exit code 143: interrupted by SIGTERM, its checkpoint is saved; Scaling activity…` */
export function endText({ exitCode, stopCode, reason }: TaskEnd): string {
  const why = [stopCode === 'EssentialContainerExited' ? undefined : stopCode, reason].filter(Boolean).join(': ');
  if (exitCode === undefined) return `no exit code; ${why || 'ECS gives no reason'}`;
  const meaning = words.get(exitCode) ?? 'see the log';
  // That the container ended is what the code says already.
  const tellsMore = why !== '' && !/^Essential container in task exited/.test(why);
  return `exit code ${exitCode}: ${meaning}${tellsMore ? `; ${why}` : ''}`;
}
