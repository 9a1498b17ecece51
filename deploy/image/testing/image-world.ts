/** A job of the image as a container of its own, on the stores and fakes of a case. */
import { setTimeout as delay } from 'node:timers/promises';
import { openHarness } from '@stint/harness';
import { type Container, startContainer } from '../../../harness/testing/container.ts';
import { externalEnvironment } from '../../../harness/testing/external-environment.ts';
import { asTask, ownImage } from '../../../harness/testing/own-image.ts';
import { until } from '../../../harness/testing/until.ts';

const isSaved = `select from stint.runs where checkpoint is not null and checkpoint_seq > 0`;
const lookAgainMs = 20;
const statuses = `select count(*)::int as count from payments where status <> 'pending'`;

/** A case of poll-payment-status whose provider answers after `latencyMs`. */
export async function openImageWorld(name: string, latencyMs: number) {
  const harness = await openHarness(`poll-payment-status/${name}`);
  const { PAYMENTS_API_URL: provider } = harness.fakes;
  const answerAfter = (ms: number) => Object.assign(provider?.state ?? {}, { latencyMs: ms });
  answerAfter(latencyMs);
  const asked = () => provider?.calls.all.length ?? 0;
  const env = { ...externalEnvironment(harness.stores), STINT_LEASE_TTL_MS: '1500' };
  return {
    harness,
    answerAfter,
    asked,
    start: (more: Readonly<Record<string, string | undefined>> = {}): Container =>
      startContainer({
        image: ownImage(),
        command: ['task.js', 'poll-payment-status'],
        env: { ...env, ...more },
        options: asTask,
      }),
    settled: async () => (await harness.sql<{ count: number }>(statuses))[0]?.count ?? 0,
    /** Resolves when a run that goes on has saved its place. */
    async saved() {
      await until('a request', () => asked() > 0, 60_000);
      while ((await harness.sql(isSaved)).length === 0) await delay(lookAgainMs);
    },
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}
