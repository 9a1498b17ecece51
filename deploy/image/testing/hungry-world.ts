/** A job that eats all the memory there is, in an image made from the one under test. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startContainer } from '../../../harness/testing/container.ts';
import { asTask } from '../../../harness/testing/own-image.ts';
import { testStack } from '../../../harness/testing/test-stack.ts';
import { deriveImage } from './derive-image.ts';
import { meals } from './test-jobs.ts';

const isSaved = 'select from stint.runs where checkpoint is not null and checkpoint_seq > 0';
const lookAgainMs = 20;

export async function hungryWorld() {
  await using opened = new AsyncDisposableStack();
  const image = opened.use(await deriveImage());
  const fork = opened.use(await testStack().fork());
  const client = new pg.Client({ connectionString: fork.postgresUrl });
  await client.connect();
  opened.defer(() => client.end());
  await client.query('create table meals (id int primary key, eaten int not null default 0)');
  await client.query('insert into meals select generate_series(1, $1)', [meals.all]);
  // Asked before the job begins to eat: the answer comes when its place is saved.
  const gate = createServer(async (_, response) => {
    while ((await client.query(isSaved)).rowCount === 0) await delay(lookAgainMs);
    response.end();
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  opened.defer(() => void gate.close());
  opened.defer(() => gate.closeAllConnections());
  const { port } = gate.address() as AddressInfo;
  const all = opened.move();
  return {
    /** Items whose place is saved before the hunger begins. */
    savedItems: meals.beforeHunger,
    start: (env: { readonly HUNGRY: string }) =>
      startContainer({
        image: image.name,
        command: ['task.js', 'hungry'],
        env: {
          ...env,
          DATABASE_URL: fork.postgresUrl,
          GATE_URL: `http://127.0.0.1:${port}`,
          STINT_LEASE_TTL_MS: '1500',
        },
        options: [...asTask, '--memory=256m', '--memory-swap=256m'],
      }),
    /** How often each was eaten, in order. */
    async eaten(): Promise<readonly number[]> {
      const { rows } = await client.query<{ eaten: number }>('select eaten from meals order by id');
      return rows.map(({ eaten }) => eaten);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
