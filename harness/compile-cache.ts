/** Where Node keeps what it has compiled of this repository: the command line's, and that of programs that tests start. */
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';

export const compileCache = join(repositoryRoot, '.stint/compile-cache');
