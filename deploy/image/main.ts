/** `node deploy/image/main.ts <folder>`: makes what the image runs. The Dockerfile calls it. */
import { UsageError } from '@stint/sdk';
import { makeBundle } from './make-bundle.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new UsageError('expected a folder, got none; run: node deploy/image/main.ts <folder>');
await makeBundle({ folder });
