/** What goes wrong with a fake, as opposed to what a fake plays. */
import { StintError } from '@stint/sdk';

export type FakeErrorCode =
  /** The state given to a fake does not fit its schema. */
  | 'STINT_FAKE_BAD_STATE'
  /** A fault does not fit its schema. */
  | 'STINT_FAKE_BAD_FAULT'
  /** A request arrived that no route of the fake answers. */
  | 'STINT_FAKE_UNHANDLED'
  /** A port cannot be listened on. */
  | 'STINT_FAKE_PORT'
  /** No fake has this name. */
  | 'STINT_FAKE_UNKNOWN';

/** A fake that cannot be started, or a request that it has no route for. */
export class FakeError extends StintError {
  constructor(code: FakeErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}
