/** What goes wrong with virtual time. */
import { StintError } from '@stint/sdk';

export type TimeErrorCode =
  /** Nothing of the run is in flight and no timer is set: it would wait for ever. */
  | 'STINT_TIME_HANGS'
  /** Something of the run is in flight and does not end, so that its time stands still. */
  | 'STINT_TIME_STANDS_STILL'
  /** A run in virtual time and one on the machine's clock would share one harness. */
  | 'STINT_TIME_MIXED';

/** A run whose virtual time cannot go on. */
export class TimeError extends StintError {
  constructor(code: TimeErrorCode, message: string) {
    super(code, message);
  }
}
