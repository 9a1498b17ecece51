/**
 * A secret is planted wherever a run meets one, and every output is searched for it, in whatever form.
 *
 * A new output (a channel, a page, a file) is added as one more entry of `outputs`.
 */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EnvironmentValues, type RunRecord, storesFrom } from '@stint/sdk';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { request } from 'undici';
import { reportPage } from '../harness/qa/report/page.ts';
import { qaCheck, qaReport, qaRun, qaRunEnd } from '../harness/qa/testing/report.ts';
import { recordRun } from '../harness/record/record-run.ts';
import { leaksIn } from './testing/canary-forms.ts';
import { canaryIds, canaryJob } from './testing/canary-job.ts';
import { canary, openCanaryWorld } from './testing/canary-world.ts';

type World = Awaited<ReturnType<typeof openCanaryWorld>>;

const task = 'deploy/task.ts';
const cli = 'harness/cli/main.ts';
const scope = { note: canary, ids: [canary, 'a'] };
const started = { STINT_SCOPE: JSON.stringify(scope) };

describe('a secret', () => {
  let world: World;
  /** What was written anywhere, by where. */
  const outputs = new Map<string, string>();
  let redrive: Readonly<Record<string, unknown>> = {};
  const take = (name: string, text: string) => void outputs.set(name, text);

  async function runPrograms(): Promise<void> {
    const runs = {
      'task, some items fail': await world.run(task, ['canary'], started),
      'task, the job throws': await world.run(task, ['canary'], {
        STINT_SCOPE: JSON.stringify({ ...scope, end: 'throw' }),
      }),
      'task, a rejection that nobody awaits': await world.run(task, ['canary'], {
        STINT_SCOPE: '{"end":"stray"}',
        STINT_LEDGER: 'memory',
      }),
      'task, a scope that does not fit': await world.run(task, ['canary'], {
        STINT_SCOPE: JSON.stringify({ end: canary }),
      }),
      'task, arguments that do not fit': await world.run(task, ['canary', canary]),
      'task, a database that is none': await world.run(task, ['canary'], {
        DATABASE_URL: `${world.environment.DATABASE_URL}x`,
      }),
      'stint run': await world.run(cli, ['run', 'canary', '--stack', 'external', '--scope', started.STINT_SCOPE]),
      'stint run --json': await world.run(cli, ['run', 'canary', '--stack', 'external', '--json']),
    };
    for (const [name, { stdout, stderr }] of Object.entries(runs)) {
      take(`${name}: stdout`, stdout);
      take(`${name}: stderr`, stderr);
    }
    expect(runs['task, some items fail'].code, runs['task, some items fail'].stderr).to.equal(0);
    expect(runs['task, the job throws'].code).to.equal(1);
    expect(runs['task, a rejection that nobody awaits'].code).to.equal(1);
    const listed = await world.run(cli, ['runs', '--stack', 'external', '--json']);
    take('stint runs --json', listed.stdout);
    // The oldest: it had the secret in its scope.
    const { runId = '' } = (JSON.parse(listed.stdout) as RunRecord[]).at(-1) ?? {};
    const show = async (...flags: readonly string[]) => {
      const { stdout, stderr } = await world.run(cli, ['show', runId, '--stack', 'external', ...flags]);
      take(`stint show ${flags.join(' ')}`, stdout + stderr);
    };
    await Promise.all([show(), show('--failures'), show('--json')]);
    await using folder = await mkdtempDisposable(join(tmpdir(), 'stint-canary-'));
    const file = join(folder.path, 'run.html');
    await show('--html', file);
    take('stint show --html: the page', await readFile(file, 'utf8'));
  }

  async function record(): Promise<void> {
    const environment: EnvironmentValues = world.environment;
    const recorded = await recordRun(canaryJob, { environment, stores: storesFrom(environment), scope });
    for (const [path, text] of Object.entries(recorded.files)) take(`stint record: ${path}`, text);
    take('stint record: warnings', recorded.warnings.join('\n'));
    const summary = recorded.summary;
    take('summary', JSON.stringify(summary));
    const { name, message } = summary.failures[0] ?? { name: '', message: '' };
    const run = qaRun({ scope: summary.scope, end: qaRunEnd({ summary, said: `${name} ${message}` }) });
    take('report of the acceptance checks', reportPage(qaReport([qaCheck({ runs: [run] })])));
  }

  async function askAdmin(): Promise<void> {
    await using admin = world.start('deploy/admin/server.ts');
    await admin.writes('"listening"');
    const [, url = ''] = /"url":"([^"]+)"/.exec(admin.stdout) ?? [];
    const ask = async (path: string, accept: string, body?: unknown) => {
      const answer = await request(new URL(path, url), {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${world.token}`, accept, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.body.text();
      take(
        `admin ${body === undefined ? 'GET' : 'POST'} ${path} (${accept})`,
        `${JSON.stringify(answer.headers)}\n${text}`,
      );
      return { status: answer.statusCode, json: accept.includes('json') ? JSON.parse(text) : undefined };
    };
    const { json, status } = await ask('/admin/canary', 'application/json', { scope });
    expect(status).to.equal(200);
    await ask('/admin/canary', 'application/json', { scope: { ...scope, end: 'throw' } });
    for (const accept of ['application/json', 'text/html']) {
      for (const path of ['/admin/jobs', '/admin/runs', '/admin/audit', '/admin/canary', `/admin/runs/${json.runId}`])
        await ask(path, accept);
      await ask(`/admin/runs/${json.runId}/failures`, accept);
      await ask(`/admin/runs/01M856K8D0KCDFSK7YZY5V9Q3T`, accept);
    }
    redrive = (await ask(`/admin/runs/${json.runId}/redrive`, 'application/json', {})).json;
    await ask(`/admin/runs/${json.runId}/events`, 'text/event-stream');
    admin.process.kill('SIGTERM');
    const { stdout, stderr } = await admin.ended;
    take('admin: stdout', stdout);
    take('admin: stderr', stderr);
  }

  before(async function () {
    this.timeout(180_000);
    world = await openCanaryWorld();
    await runPrograms();
    await record();
    await askAdmin();
    for (const [table, text] of Object.entries(await world.ledger())) take(`ledger: ${table}`, text);
    take(
      'traces',
      JSON.stringify(world.agent.spans, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    );
    take('metrics', JSON.stringify(world.agent.metrics));
    take('Slack', world.posted.join('\n'));
  });
  after(() => world?.[Symbol.asyncDispose]());

  it('was planted: every item did what it should, and its end is told everywhere', () => {
    const show = outputs.get('stint show --failures') ?? '';
    expect(outputs.size).to.be.above(45);
    for (const id of canaryIds.filter((each) => each !== 'skipped' && each !== 'refused')) expect(show).to.include(id);
    const blanked = [...outputs].filter(([, text]) => text.includes('[redacted]')).map(([name]) => name);
    for (const name of [
      'task, some items fail: stdout',
      'summary',
      'stint runs --json',
      'ledger: stint.runs',
      'admin: stdout',
      'traces',
      'Slack',
      'stint show --html: the page',
    ])
      expect(blanked).to.include(name);
  });

  it('is not guessed: a run whose scope held one is not redriven with what is left of it', () => {
    expect(redrive).to.deep.include({ status: 422 });
    expect(JSON.stringify(redrive.errors)).to.include('in place of a secret, which is not kept with a run');
  });

  it('is in no output, in no form', () => {
    const leaks = [...outputs].flatMap(([name, text]) =>
      leaksIn(text, world.secrets).map((leak) => `${name}\n    ${leak}`),
    );
    expect(leaks, `\n${leaks.join('\n')}\n`).to.deep.equal([]);
  });
});
