/**
 * `stint fakes [<job>/<case>]`: the fakes of a case, or of all jobs, as servers of their own, for containers and the admin
 * app; with a control API beside them. They serve until the process is told to end.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { stopOnSignals, UsageError } from '@stint/sdk';
import { type Command, InvalidArgumentError } from 'commander';
import { type Address, FakeError } from '../fakes/index.ts';
import { type Case, defaultFirst, listCases, loadCase, startCaseFakes } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { controlVariable, serveControl } from './fakes-control.ts';
import { print } from './print.ts';

export interface FakesFlags {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** @default the host; for 0.0.0.0 and :: 127.0.0.1 */
  readonly urlHost?: string;
  /** The control API listens there, the fakes on the ports after it, by the names of their variables. @default free ports */
  readonly portBase?: number;
  readonly json?: boolean;
}

const fixtures = join(repositoryRoot, 'fixtures');

export function addFakesCommand(program: Command): void {
  program
    .command('fakes')
    .description('serve the external APIs that jobs call, played by fakes, until Ctrl-C')
    .argument('[case]', "<job>/<case> whose fakes to serve (default: those of each job's demo, or happy case)")
    .option('--host <host>', 'what to listen on, 0.0.0.0 for containers (default: 127.0.0.1)')
    .option('--url-host <name>', 'what the URLs name, such as host.docker.internal (default: the host)')
    .option('--port-base <port>', 'port of the control API; the fakes get those after it (default: free ports)', toPort)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `\nPrints NAME=url lines, ${controlVariable} among them: the control API with GET /calls, POST /reset, POST /faults,` +
        '\nDELETE /faults and GET /healthz. In a shell: stint fakes > fakes.env & … export $(cat fakes.env)',
    )
    .action((name: string | undefined, flags: FakesFlags) => serveFakes(name, flags));
}

function toPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_000) return port;
  throw new InvalidArgumentError('expected a port from 1 to 64999.');
}

/** Ends when a signal comes. @throws UsageError, FixtureError, FakeError */
export async function serveFakes(name: string | undefined, flags: FakesFlags): Promise<void> {
  const testCase = await casesFor(name);
  const variables = [...Object.keys(testCase.fakes), ...Object.keys(testCase.http)].toSorted();
  using signals = stopOnSignals();
  await using fakes = await startCaseFakes(testCase, {
    addressOf: (variable) => addressOf(flags, 1 + variables.indexOf(variable)),
  });
  await using control = await serveControl(fakes.running, addressOf(flags, 0));
  const urls = { ...fakes.env, [controlVariable]: control.url };
  print(flags.json === true ? JSON.stringify(urls, null, 2) : linesOf(urls));
  process.stderr.write(`serving ${variables.length === 1 ? 'a fake' : `${variables.length} fakes`}; Ctrl-C ends it\n`);
  if (!signals.signal.aborted) await once(signals.signal, 'abort');
}

/** `NAME=url` lines, as `--env-file` and `export` take them. */
function linesOf(urls: Readonly<Record<string, string>>): string {
  return Object.entries(urls)
    .map(([variable, url]) => `${variable}=${url}`)
    .join('\n');
}

function addressOf({ host = '127.0.0.1', urlHost, portBase }: FakesFlags, place: number): Address {
  // It is listened on everywhere, but nobody can connect to everywhere.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return { host, urlHost: urlHost ?? reachable, port: portBase === undefined ? 0 : portBase + place };
}

async function casesFor(name: string | undefined): Promise<Pick<Case, 'fakes' | 'http'>> {
  const found = name === undefined ? await demoCases() : [await caseNamed(name)];
  const fakes: Record<string, Case['fakes'][string]> = {};
  const http: Record<string, Case['http'][string]> = {};
  for (const testCase of found) {
    for (const variable of [...Object.keys(testCase.fakes), ...Object.keys(testCase.http)])
      if (variable in fakes || variable in http) throw twice(variable);
    Object.assign(fakes, testCase.fakes);
    Object.assign(http, testCase.http);
  }
  if (Object.keys(fakes).length + Object.keys(http).length > 0) return { fakes, http };
  throw new UsageError(
    `expected ${name ?? 'a case'} to have fakes in its case.json, but there are none; name another case`,
  );
}

/** Of each job the case that is meant when none is named, or the next one that has fakes. */
async function demoCases(): Promise<readonly Case[]> {
  const byJob = Map.groupBy(await listCases(fixtures), ({ job }) => job);
  const chosen: Case[] = [];
  for (const cases of byJob.values()) {
    for (const { directory } of defaultFirst(cases)) {
      const testCase = await loadCase(directory);
      if (Object.keys(testCase.fakes).length === 0) continue;
      chosen.push(testCase);
      break;
    }
  }
  return chosen;
}

async function caseNamed(name: string): Promise<Case> {
  const cases = await listCases(fixtures);
  const found = cases.find((known) => `${known.job}/${known.name}` === name);
  if (found !== undefined) return loadCase(found.directory);
  const known = cases.map((each) => `${each.job}/${each.name}`).join(', ');
  throw new UsageError(`expected a case of fixtures/ (${known}), got "${name}"`);
}

function twice(variable: string): FakeError {
  return new FakeError(
    'STINT_FAKE_UNKNOWN',
    `expected each fake to have a variable of its own, but ${variable} stands in the cases of two jobs; name the case to serve`,
  );
}
