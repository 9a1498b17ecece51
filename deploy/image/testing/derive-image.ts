/**
 * Makes an image from the one under test: all as it is there, but for its jobs, which are those of `test-jobs.ts`.
 *
 * Beside the task it has the bare script twice: `bare.js`, bundled and compiled as the task is, and `plain/bare.js` with its packages,
 * as somebody would put a script into an image.
 */
import { randomBytes } from 'node:crypto';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { repositoryRoot } from '../../../harness/repository.ts';
import { makeScratch } from '../../../harness/stack/testing/scratch.ts';
import { docker } from '../../../harness/testing/container.ts';
import { ownImage } from '../../../harness/testing/own-image.ts';
import { copyPackages } from '../copy-packages.ts';
import { makeBundle } from '../make-bundle.ts';

const dockerfile = `
ARG IMAGE
FROM \${IMAGE} AS warm
USER 0:0
RUN ["rm", "-r", "/app"]
COPY app /app
COPY warm-up.ts /warm-up.ts
RUN ["install", "--directory", "--owner=65532", "/app/compile-cache"]
USER 65532:65532
RUN ["node", "/warm-up.ts", "/app"]
`;

export interface DerivedImage extends AsyncDisposable {
  readonly name: string;
}

export async function deriveImage(): Promise<DerivedImage> {
  using scratch = makeScratch();
  await makeBundle({
    folder: join(scratch.path, 'app'),
    registry: join(import.meta.dirname, 'test-jobs.ts'),
    programs: { task: 'deploy/task.ts', bare: 'deploy/image/testing/bare.ts' },
  });
  const plain = join(scratch.path, 'app/plain');
  const script = join(import.meta.dirname, 'bare.ts');
  await build({
    entryPoints: [script],
    outdir: plain,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
  });
  await copyPackages(['pg', '@aws-sdk/client-dynamodb'], { root: repositoryRoot, folder: plain });
  await cp(join(import.meta.dirname, '../warm-up.ts'), join(scratch.path, 'warm-up.ts'));
  await writeFile(join(scratch.path, 'Dockerfile'), dockerfile);
  const name = `stint-test:${randomBytes(6).toString('hex')}`;
  await docker('build', '--quiet', `--build-arg=IMAGE=${ownImage()}`, `--tag=${name}`, scratch.path);
  return {
    name,
    async [Symbol.asyncDispose]() {
      await docker('image', 'rm', '--force', name);
    },
  };
}
