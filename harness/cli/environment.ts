/** The one place in the harness that reads the process's environment. */
import type { EnvironmentValues } from '@stint/sdk';

export const environment: EnvironmentValues = process.env;

/** Who starts a run from this terminal, for its summary. */
export const user = environment.USER ?? environment.LOGNAME;

/** A terminal that can only write on. */
export const isDumb = environment.TERM === 'dumb';

/** Colours are for people who want them: https://no-color.org */
export const mayColour = !environment.NO_COLOR && !isDumb;
