/**
 * The one error class of stacks. `code` does not change between releases; the message says what was expected, what
 * came and what to do next. Waiting that was aborted rejects with the signal's own reason instead.
 */
import { StintError } from '@stint/sdk';

export type StackErrorCode =
  /** No PostgreSQL binaries for this platform, or they do not run here. */
  | 'STINT_STACK_NO_POSTGRES'
  /** Running as root, and no unprivileged account to start PostgreSQL with. */
  | 'STINT_STACK_NO_ACCOUNT'
  /** The data directory cannot be made, read or written. */
  | 'STINT_STACK_DIRECTORY'
  | 'STINT_STACK_DISK_FULL'
  /** The kept data is in use by another process. */
  | 'STINT_STACK_BUSY'
  /** Every free port was taken again before the server had bound it. */
  | 'STINT_STACK_NO_PORT'
  /** A server ended while it started, or did not get ready. */
  | 'STINT_STACK_START'
  /** No server answers at a stack's address. */
  | 'STINT_STACK_UNREACHABLE'
  /** A text that should be the address of a stack is not. */
  | 'STINT_STACK_BAD_ADDRESS'
  /** No Docker engine answers. */
  | 'STINT_STACK_NO_ENGINE'
  /** An image is not there, and cannot be pulled; or none is named. */
  | 'STINT_STACK_NO_IMAGE'
  /** The environment does not name servers that can be used. */
  | 'STINT_STACK_EXTERNAL'
  | 'STINT_STACK_NO_TEMPLATE'
  /** A fork was asked of a stack that is disposed. */
  | 'STINT_STACK_DISPOSED';

export class StackError extends StintError {
  declare readonly code: StackErrorCode;

  constructor(code: StackErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}
