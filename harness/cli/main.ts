#!/usr/bin/env node
/**
 * Starts the command line (`stint.ts`) with what Node has compiled of it before, which takes half the time.
 *
 * A cache that cannot be written, or that is of another Node, is none: then it is compiled as ever.
 */
import { enableCompileCache } from 'node:module';
import { compileCache } from '../compile-cache.ts';

enableCompileCache(compileCache);
await import('./stint.ts');
