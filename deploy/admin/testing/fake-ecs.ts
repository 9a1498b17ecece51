/**
 * Amazon ECS as far as the admin uses it, on a real socket: RunTask starts `node deploy/task.ts <job>` as a process of its own, with the
 * environment of its task definition and the overrides; DescribeTasks tells what became of it.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type Program, startProgram } from '../../../harness/testing/program.ts';

export interface FakeEcs extends AsyncDisposable {
  readonly url: string;
  /** Bodies of RunTask. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly started: any[];
  /** The next RunTask is answered with this. @default a task is started */
  next: { readonly status: number; readonly body: object } | undefined;
  readonly programs: Program[];
}

/** @param environment of all task definitions */
export async function openFakeEcs(environment: Readonly<Record<string, string | undefined>>): Promise<FakeEcs> {
  const programs: Program[] = [];
  const started: unknown[] = [];
  const arnOf = (index: number) => `arn:aws:ecs:us-east-1:123456789012:task/jobs/${index}`;
  const server = createServer(async (incoming, outgoing) => {
    const body = (await json(incoming)) as Record<string, never>;
    const action = String(incoming.headers['x-amz-target']).split('.')[1];
    const answer = (status: number, content: object) => {
      outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      outgoing.end(JSON.stringify(content));
    };
    if (action === 'RunTask') {
      started.push(body);
      const { next } = ecs;
      ecs.next = undefined;
      if (next !== undefined) return answer(next.status, next.body);
      const { taskDefinition, overrides } = body as unknown as {
        taskDefinition: string;
        overrides: { containerOverrides: { environment: { name: string; value: string }[] }[] };
      };
      const [container] = overrides.containerOverrides;
      const env = Object.fromEntries(container?.environment.map(({ name, value }) => [name, value]) ?? []);
      const job = taskDefinition.replace(/^stint-/, '');
      programs.push(startProgram('deploy/task.ts', [job], { env: { ...environment, ...env } }));
      return answer(200, {
        tasks: [{ taskArn: arnOf(programs.length - 1), lastStatus: 'PROVISIONING' }],
        failures: [],
      });
    }
    const tasks = ((body.tasks ?? []) as string[]).map((taskArn) => {
      const program = programs[Number(taskArn.split('/').at(-1))];
      const exitCode = program?.process.exitCode;
      return exitCode === null || exitCode === undefined
        ? { taskArn, lastStatus: 'RUNNING' }
        : {
            taskArn,
            lastStatus: 'STOPPED',
            stoppedReason: 'Essential container in task exited',
            containers: [{ name: 'app', exitCode }],
          };
    });
    answer(200, { tasks, failures: [] });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ecs: FakeEcs = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    started,
    programs,
    next: undefined,
    async [Symbol.asyncDispose]() {
      for (const program of programs) await program[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
  return ecs;
}
