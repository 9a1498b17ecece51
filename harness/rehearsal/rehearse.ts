/**
 * Rehearses a task: the image, run as its task definition says, on real stores, with sinks in the place of what is around it.
 *
 * As in Fargate: image, command, user, root file system, tmpfs, init, capabilities, memory, variables, secrets (those that are declared and
 * no others), stop timeout, log driver. Not as there: addresses of stores, services, agent and Slack, which are those of here; the
 * architecture of this machine; sidecars, roles and network, of which there are none.
 */
import { createDynamoLedgerTable, type EnvironmentValues, type Job, type Summary, summarySchema } from '@stint/sdk';
import { loadCase } from '../fixture/index.ts';
import { type Harness, openHarness } from '../harness.ts';
import { startFakeAgent } from '../sinks/fake-agent.ts';
import { startFakeSlack } from '../sinks/fake-slack.ts';
import { startForwardSink } from '../sinks/forward-sink.ts';
import type { Stack } from '../stack/stack.ts';
import { type Container, startContainer } from '../testing/container.ts';
import { externalEnvironment } from '../testing/external-environment.ts';
import { until } from '../testing/until.ts';
import {
  type Check,
  checkExpected,
  checkLines,
  checkMetrics,
  checkSlack,
  checkSpans,
  checkThat,
  parseLine,
} from './checks.ts';
import type { Parameters } from './cloudformation-value.ts';
import type { TaskDefinition } from './task-definition.ts';
import { toContainer } from './to-container.ts';

export interface RehearsalOptions {
  readonly job: Job;
  readonly definition: TaskDefinition;
  /** The folder of the case that it works on. */
  readonly directory: string;
  readonly stack: Stack;
  readonly image: string;
  /** For what the template refers to. */
  readonly parameters: Parameters;
  /** Variables over those of the task definition. */
  readonly env: EnvironmentValues;
  /** Told to end in mid-run, by SIGTERM. */
  readonly isStopped: boolean;
  readonly signal: AbortSignal;
}

const routedWithinMs = 10_000;
const askedWithinMs = 60_000;
const slowlyMs = 400;
const slackVariable = 'STINT_SLACK_WEBHOOK_URL';

/** What it showed. @throws RehearsalError when it cannot be begun; the signal's reason when it aborts */
export async function rehearse(options: RehearsalOptions): Promise<readonly Check[]> {
  const { job, definition, directory, stack, signal, isStopped } = options;
  signal.throwIfAborted();
  const testCase = await loadCase(directory);
  await using harness = await openHarness(directory, { stack });
  await using agent = await startFakeAgent();
  await using slack = await startFakeSlack();
  await using router = await startForwardSink();
  const places = await placesOf(harness, definition);
  const values: EnvironmentValues = { ...places, [slackVariable]: slack.url, ...options.env };
  await using container = startContainer(
    toContainer(definition, {
      parameters: { 'AWS::Region': harness.stores.fork.dynamodb.region, ...options.parameters },
      values,
      added: {
        ...ofThisMachine(places),
        ...agent.environment,
        STINT_SCOPE: JSON.stringify(testCase.scope),
        STINT_SCHEDULED_TIME: new Date().toISOString(),
      },
      logAddress: router.address,
      image: options.image,
    }),
  );
  const remove = () => void container[Symbol.asyncDispose]();
  signal.addEventListener('abort', remove);
  const stoppedMs = isStopped ? await stopInMidRun(container, harness) : undefined;
  const ended = await container.ended;
  signal.removeEventListener('abort', remove);
  signal.throwIfAborted();

  const summaries = () => router.lines.flatMap(({ text }) => summaryIn(text) ?? []);
  await until('the summary', () => summaries().length > 0, routedWithinMs).catch(() => undefined);
  const [summary] = summaries();
  const { exitCode } = await container.state();
  const secrets = definition.app.Secrets.flatMap(({ Name }) => values[Name] ?? []).map(secretPart);
  if (summary === undefined)
    return [
      checkThat('its summary reached the log router', false, `exit code ${exitCode}: ${ended.stdout}${ended.stderr}`),
    ];
  return [
    isStopped ? checkStopped(summary, definition, stoppedMs) : checkExpected(summary, testCase.expect),
    checkThat(
      `the container ended with ${exitCode}, as its summary says`,
      exitCode === summary.exitCode,
      summary.exitCode,
    ),
    ...checkLines(router.lines, secrets),
    checkMetrics(agent, summary),
    checkSpans(agent, summary),
    checkSlack(slack.messages, job, summary),
    checkThat(`it is known by its image, ${summary.version.image}`, summary.version.commit !== null, summary.version),
    await checkDisk(container),
  ];
}

/** Addresses and keys of the world, by the names that jobs know them by. */
async function placesOf({ stores }: Harness, { app }: TaskDefinition): Promise<EnvironmentValues> {
  const ledger = app.Environment.find(({ Name }) => Name === 'STINT_LEDGER')?.Value;
  const places = externalEnvironment(stores);
  if (typeof ledger !== 'string' || !ledger.startsWith('dynamodb:')) return places;
  const { endpoint, region, accessKeyId, secretAccessKey } = stores.fork.dynamodb;
  const table = `${stores.fork.tablePrefix}ledger`;
  await createDynamoLedgerTable({ table, endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  return { ...places, STINT_LEDGER: `dynamodb:${table}` };
}

/** In Fargate the task's role and region say all this. */
function ofThisMachine(places: EnvironmentValues): EnvironmentValues {
  const names = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'STINT_TABLE_PREFIX'];
  return Object.fromEntries(names.map((name) => [name, places[name]]));
}

/** Stops it when a service has been asked, as ECS does; gives how long its end took. */
async function stopInMidRun(container: Container, { fakes }: Harness): Promise<number> {
  const all = Object.values(fakes);
  for (const fake of all) fake.fault({ path: '*' }, { kind: 'latency', ms: slowlyMs });
  await until('a request', () => all.some(({ calls }) => calls.all.length > 0), askedWithinMs);
  const startedMs = performance.now();
  await container.stop();
  return performance.now() - startedMs;
}

function checkStopped({ status, exitCode, items }: Summary, { app }: TaskDefinition, tookMs = 0): Check {
  const isSo = status === 'interrupted' && exitCode === 143 && items.remaining > 0 && tookMs < app.StopTimeout * 1_000;
  const seconds = (tookMs / 1_000).toFixed(1);
  return checkThat(
    `told to end, it saved its place after ${items.read - items.remaining} items, ${seconds} s of ${app.StopTimeout} s`,
    isSo,
    { status, exitCode, items, tookMs },
  );
}

async function checkDisk(container: Container): Promise<Check> {
  const changes = await container.changes();
  return checkThat('nothing was written to its root file system', changes.length === 0, changes.slice(0, 10));
}

function summaryIn(text: string): Summary | undefined {
  return summarySchema.safeParse(parseLine(text)?.summary).data;
}

/** Of a URL only what is secret in it. */
function secretPart(value: string): string {
  if (!URL.canParse(value)) return value;
  const { password, pathname } = new URL(value);
  return password || pathname;
}
