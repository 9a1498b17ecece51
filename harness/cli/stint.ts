/**
 * The command line: `stint <command>`.
 *
 * Results go to stdout, all else to stderr; with `--json` stdout holds one JSON document. Exit codes are those of
 * `sdk/exit-codes.ts`.
 */
import { jobs } from '@stint/jobs/registry';
import { exitCodeOfError, exitCodes, Redaction, type RunsQuery, secretsOf, UsageError } from '@stint/sdk';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { FixtureError } from '../fixture/index.ts';
import { sourceKinds } from '../new-job/new-job.ts';
import { pointKinds } from '../sweep/point.ts';
import { ledgerKinds } from '../sweep/site.ts';
import { addAdminCommands } from './admin-command.ts';
import { environment } from './environment.ts';
import { addFakesCommand } from './fakes-command.ts';
import { jobsText, listJobs } from './jobs-command.ts';
import {
  cancelRun,
  listRuns,
  type PlaceFlags,
  type RedriveFlags,
  redriveRun,
  resumeRun,
  type ShowFlags,
  showRun,
} from './ledger-commands.ts';
import { type NewFlags, newCommand } from './new-command.ts';
import { print } from './print.ts';
import { type AnyRecordFlags, recordAny } from './record-choice.ts';
import { type ReplayFlags, replayCommand } from './replay-command.ts';
import { type RunFlags, runCommand } from './run-command.ts';
import { type ScopeFlags, takeScopeFlags } from './scope-flags.ts';
import { type SweepFlags, sweepCommand } from './sweep-command.ts';
import { watchRun } from './watched-run.ts';

const jsonOption = ['--json', 'one JSON document on stdout'] as const;
const statuses = ['running', 'interrupted', 'succeeded', 'failed', 'cancelled'];

function buildProgram(fields: ScopeFlags['fields']): Command {
  const program = new Command('stint')
    .description('Runs scheduled batch jobs, and proves them before they are scheduled.')
    .exitOverride()
    // Errors come as exceptions, and are told below.
    .configureOutput({ outputError: () => {} });

  program
    .command('jobs')
    .description('list the jobs')
    .option(...jsonOption)
    .action(async ({ json }: { json?: boolean }) => {
      const listed = await listJobs();
      print(json === true ? JSON.stringify(listed, null, 2) : jobsText(listed));
    });

  program
    .command('run')
    .description('run a job and print its summary')
    .argument('<job>', 'name of the job, see `stint jobs`')
    .option(
      '--scope <json>',
      'what to narrow the run to, e.g. \'{"tenantId":"t-1"}\', or a flag a field: --scope.tenantId=t-1',
    )
    .option('--shard <part>', 'work one part of several, of a job that has shards: 0/4 to 3/4')
    .option('--dry-run', 'refuse and count writes')
    .option('--limit <items>', 'work on at most so many items', wholeNumber)
    .option('--fresh', 'start anew, do not resume an interrupted run')
    .addOption(
      new Option(
        '--overlap <choice>',
        "what to do when another run of the job goes on (default: the schedule's)",
      ).choices(['skip', 'wait', 'cancel-other', 'allow']),
    )
    .option('--fixture <case>', 'case of fixtures/<job>/ to run on, or the path of one (default: demo, or happy)')
    .option(
      '--keep',
      'keep the stores and the record of the run in .stint/, so that it can be looked at and gone on with',
    )
    .addOption(stackOption('containers', 'external', 'auto'))
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nWith --keep a case is loaded once, and left as its runs leave it; removing .stint/ starts over.' +
        '\nWith --stack containers a Docker engine runs them; auto takes it when it answers and has the images.' +
        '\nWith --stack external everything comes from the environment: DATABASE_URL, AWS_REGION, AWS_ENDPOINT_URL and what the job declares.',
    )
    .action((name: string, { json, ...flags }: RunFlags & { json?: boolean }) =>
      watchRun(json === true, (run) => runCommand(name, flags, fields, run)),
    );

  program
    .command('replay')
    .description('run cases, and tell what differs from what they expect')
    .argument('[case...]', 'folders of cases, or <job>/<case>')
    .option('--all', 'every case of fixtures/')
    .option('--update', 'accept what comes: it is expected from then on')
    .addOption(stackOption('containers', 'auto'))
    .option(...jsonOption)
    .action((cases: readonly string[], flags: ReplayFlags) => replayCommand(cases, flags));

  program
    .command('record')
    .description('run a job in earnest, and make a case of what it read, asked and did')
    .argument('[job]', 'name of the job, see `stint jobs`')
    .option('--as <case>', 'name of the new case in fixtures/<job>/')
    .option('--scope <json>', 'what to narrow the run to, or a flag a field: --scope.tenantId=t-1')
    .option('--redact <fields>', 'replace these by pseudonyms: payments.iban,$.customer.email')
    .option('--description <text>', 'what the case shows, in a sentence')
    .option('--force', 'replace the case if it is there')
    .option('--fixture <case>', 'with --stack embedded: the case to record from')
    .option(
      '--from-failure <run key...>',
      'in place of a job: a failed item of a past run, that is to fail the same way',
    )
    .option('--drift <case>', 'in place of a job: ask live services again, and tell what has another shape')
    .option('--writes', 'with --drift: send requests that may change something, too')
    .addOption(stackOption().default('external'))
    .option(...jsonOption)
    .action((name: string | undefined, flags: AnyRecordFlags) =>
      watchRun(flags.json === true, (run) => recordAny(name, flags, fields, run)),
    );

  addSweepCommand(program);
  addLedgerCommands(program);
  addNewCommand(program);
  addFakesCommand(program);
  addAdminCommands(program);
  return program;
}

/** Those for whoever is on call: see `ledger-commands.ts`. */
function addLedgerCommands(program: Command): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .addOption(stackOption('external'))
      .option(...jsonOption);

  command('runs', 'list runs, the newest first')
    .option('--job <job>', 'only those of this job')
    .addOption(new Option('--status <status>', 'only those with this status').choices(statuses))
    .option('--limit <runs>', 'so many', wholeNumber, 20)
    .action((flags: PlaceFlags & RunsQuery) => listRuns(flags));

  command('show', 'show everything about a run')
    .argument('<run>', 'id of the run, see `stint runs`')
    .option('--failures', 'all failed items, with their HTTP exchanges')
    .option('--html <file>', 'write its report, a page with charts, too')
    .action((runId: string, flags: ShowFlags) => showRun(runId, flags));

  command('resume', 'go on with a run that was interrupted, or whose process died')
    .argument('<run>', 'id of the run, see `stint runs`')
    .action((runId: string, flags: PlaceFlags) => watchRun(flags.json === true, (run) => resumeRun(runId, flags, run)));

  command('redrive', 'work the failed items of a run again, in a run of their own')
    .argument('<run>', 'id of the run, see `stint runs`')
    .option('--error <name>', 'only those that failed with this error: its name or code')
    .option('--key <key...>', 'only these, by their keys: see `stint show <run> --failures`')
    .option('--dry-run', 'refuse and count writes')
    .option('--limit <items>', 'work on at most so many items', wholeNumber)
    .action((runId: string, flags: RedriveFlags) =>
      watchRun(flags.json === true, (run) => redriveRun(runId, flags, run)),
    );

  command('cancel', 'end a run for good: what is in flight is finished, nothing new starts')
    .argument('<run>', 'id of the run, see `stint runs`')
    .action((runId: string, flags: PlaceFlags) => cancelRun(runId, flags));
}

function addSweepCommand(program: Command): void {
  program
    .command('sweep')
    .description('run a case again for each point at which something can go wrong, and tell what was proved')
    .argument('<job>', 'name of the job, see `stint jobs`')
    .option('--fixture <case>', 'case of fixtures/<job>/, or the path of one (default: sweep, or happy)')
    .addOption(new Option('--kind <kind>', 'what to put in its way').choices([...pointKinds, 'all']).default('all'))
    .addOption(
      new Option('--mode <mode>', 'how processes end: in this process, or killed')
        .choices(['fast', 'process'])
        .default('fast'),
    )
    .option('--points <number>', 'at most so many of each kind, or all (default: 200)')
    .option('--seed <number>', 'chooses points', wholeNumber, 1)
    .addOption(new Option('--ledger <store>', 'where the ledger is').choices(ledgerKinds).default('postgres'))
    .option('--point <id...>', 'these points alone, by their ids in a report')
    .option('--html <file>', 'write a page with a map of all points, too')
    .addOption(stackOption('containers', 'auto'))
    .option(...jsonOption)
    .action((name: string, flags: SweepFlags) => sweepCommand(name, flags));
}

function addNewCommand(program: Command): void {
  program
    .command('new')
    .description('make a job, with a test and four cases that pass')
    .argument('[job]', 'its name in kebab-case, such as sync-stock')
    .addOption(new Option('--source <kind>', 'the store that its records are read from').choices(sourceKinds))
    .option('--api', 'it asks an API about each record: makes a fake of that API, too')
    .option('--no-api', 'it asks no API')
    .option(...jsonOption)
    .action((name: string | undefined, flags: NewFlags) => newCommand(name, flags));
}

function stackOption(...kinds: readonly string[]): Option {
  return new Option('--stack <kind>', 'stores to run on').choices(['embedded', ...kinds]).default('embedded');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number of 1 or more.');
}

async function main(args: readonly string[]): Promise<void> {
  // Other commands have no scope: there these flags are unknown options.
  const { rest, fields } =
    args[0] === 'run' || args[0] === 'record' ? takeScopeFlags(args) : { rest: args, fields: new Map() };
  await buildProgram(fields).parseAsync([...rest], { from: 'user' });
}

/** Tells what went wrong, and gives the exit code. */
function tellError(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help comes as an error too: with code 0 when it was asked for, else in place of a command.
    if (error.exitCode === exitCodes.succeeded) return exitCodes.succeeded;
    if (error.code === 'commander.help') return exitCodes.usage;
    return tellError(new UsageError(error.message.replace(/^error: /, '')));
  }
  const { message } = new Redaction(secretsOf(environment, jobs)).error(error);
  process.stderr.write(`stint: ${message}\n`);
  // A case is something that was typed, too.
  return error instanceof FixtureError ? exitCodes.usage : exitCodeOfError(error);
}

// Whoever read our output has seen enough (`stint run … 2>&1 | head -1`): the run goes on, and ends its stores.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = tellError(error);
}
