/**
 * Loaded into a child before its program (`node --import`): ends it when the process that started it is gone, even when that
 * one was killed. Its stores go with that process, so there is nothing left that it could save.
 */
import { exitCodes } from '@stint/sdk';

process.once('disconnect', () => process.exit(exitCodes.temporary));
// Listening alone would keep a program alive that has nothing left to do.
process.channel?.unref();
