/** Where this repository is. */
import { fileURLToPath } from 'node:url';

/** Absolute, without a slash at its end. */
export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');
