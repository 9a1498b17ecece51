/** A sweep that cannot be made. */
import { StintError } from '@stint/sdk';

export class SweepError extends StintError {}
