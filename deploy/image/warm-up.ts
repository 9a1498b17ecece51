/**
 * `node deploy/image/warm-up.ts <folder>`: has Node compile all of a bundle into `<folder>/compile-cache`.
 *
 * A later start takes it from there by itself when it is the same Node, on a processor with the same features, and the same user;
 * else it compiles anew, as without. Nothing is run but what a program does before it knows that nobody told it what to do.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const [folder = ''] = process.argv.slice(2);
const cache = join(folder, 'compile-cache');
// With dd-trace, which is loaded first; nothing is at that address.
const env = { NODE_COMPILE_CACHE: cache, DD_TRACE_ENABLED: 'true', DD_TRACE_AGENT_URL: 'http://127.0.0.1:9' };
const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
const parts = files.filter((name) => name.startsWith('part-'));
for (const program of files.filter((name) => !parts.includes(name)))
  spawnSync(process.execPath, [join(folder, program)], { env, stdio: 'ignore', timeout: 60_000 });
enableCompileCache(cache);
for (const part of parts) await import(join(folder, part));
