import { summarySchema } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { docker, startContainer } from '../../harness/testing/container.ts';
import { asTask, ownImage } from '../../harness/testing/own-image.ts';
import { linesOf, summaryOf } from '../testing/task-world.ts';
import { openImageWorld } from './testing/image-world.ts';

const oneScope = { STINT_SCOPE: '{"paymentIds":["1","3"]}' };

/** Every file of the image below its folder, as seen by Node in it. */
async function listFiles(): Promise<readonly string[]> {
  const program = `console.log(fs.readdirSync('.', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name)).join('\\n'))`;
  return (await docker('run', '--rm', ownImage(), '--eval', program)).split('\n');
}

describe('the image', () => {
  it('starts Node without a shell, as a user who is not root, and names its commit', async () => {
    const { Config: config } = JSON.parse(await docker('image', 'inspect', '--format={{json .}}', ownImage()));
    const [, commit] = ownImage().split(':');
    expect(config).to.deep.include({ User: '65532:65532', Entrypoint: ['node'], Cmd: ['task.js'], WorkingDir: '/app' });
    expect(config.Env).to.include.members(['NODE_ENV=production', `STINT_COMMIT=${commit}`]);
    expect(config.Labels['org.opencontainers.image.revision']).to.equal(commit);
  });

  it('has no test, no harness, no fixture, no source, no tool and no secret in it', async () => {
    const files = await listFiles();
    const own = files.filter((path) => !/^(?:node_modules|compile-cache)\//.test(path));
    const expected =
      /^(?:(?:task|admin|part-[A-Z0-9]+)\.js|packages?\.json|deploy\/admin\/assets\/[\w-]+\.(?:css|js|svg)|sdk\/.*\.pem)$/;
    expect(own.filter((path) => !expected.test(path))).to.deep.equal([]);
    const beside = new Set(files.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
    expect([...beside])
      .to.include('dd-trace')
      .and.not.include.members(['mocha', 'chai', 'typescript', 'esbuild', 'msw']);
    expect(
      files.filter((path) => /\.(?:d\.ts|map|env)$|\.npmrc$|(?:^|\/)(?:harness|fixtures|testing)\//.test(path)),
    ).to.deep.equal([]);
    const history = await docker('history', '--no-trunc', '--format={{.CreatedBy}}', ownImage());
    expect(history).to.not.match(/token|password|secret|_KEY|CA_CERTS/i);
  });

  it('owns none of its files, and has all of them read by anybody', async () => {
    const program = `for (const entry of fs.readdirSync('.', { recursive: true, withFileTypes: true })) {
      const name = path.join(entry.parentPath, entry.name), { uid, mode } = fs.statSync(name);
      if (uid !== 0 || !(mode & 0o004) || mode & 0o022) console.log(name, uid, mode.toString(8));
    }`;
    expect(await docker('run', '--rm', ownImage(), '--eval', program)).to.equal('');
  });

  it('runs a job to its end on a root that is read-only, writes nothing, and tells what it is', async () => {
    await using world = await openImageWorld('mixed', 0);
    await using container = world.start(oneScope);
    const ended = await container.ended;
    expect(ended).to.include({ code: 0, stderr: '' });
    const summary = summaryOf(ended);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.version).to.deep.equal({ commit: ownImage().split(':')[1], image: ownImage() });
    expect(linesOf(ended).at(-1)?.msg).to.equal('summary');
    expect(await container.changes()).to.deep.equal([]);
    expect(summarySchema.safeParse(summary).success).to.equal(true);
  });

  for (const [what, command, code, says] of [
    ['a job that there is not', ['task.js', 'poll-paymnt-status'], 64, 'did you mean'],
    ['no job', ['task.js'], 64, 'expected the name of a job, got none'],
    [
      'a job without its secrets',
      ['task.js', 'poll-payment-status'],
      78,
      'PAYMENTS_API_KEY: is a secret that is not set',
    ],
    ['the admin without tokens', ['admin.js'], 78, 'STINT_ADMIN_TOKENS'],
  ] as const) {
    it(`ends with ${code} when it is given ${what}`, async () => {
      await using container = startContainer({ image: ownImage(), command, options: asTask });
      const { code: got, stdout } = await container.ended;
      expect(got).to.equal(code);
      expect(stdout).to.include(says);
    });
  }
}).timeout(120_000);
