/** What a rehearsal cannot be begun with: a template or a call that does not fit. What goes wrong in one is a check that failed. */
import { StintError } from '@stint/sdk';

export class RehearsalError extends StintError {
  constructor(message: string, options?: ErrorOptions) {
    super('STINT_REHEARSAL', message, options);
  }
}
