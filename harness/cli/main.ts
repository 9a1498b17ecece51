#!/usr/bin/env node
/**
 * The command line: `stint <command>`.
 *
 * Results go to stdout, all else to stderr; with `--json` stdout holds one JSON document. Exit codes are those of
 * `sdk/exit-codes.ts`.
 */
import { describeError, exitCodeOfError, exitCodes, stopOnSignals, UsageError } from '@stint/sdk';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { coloursOf } from './format.ts';
import { jobsText, listJobs } from './jobs-command.ts';
import { type RunFlags, runCommand } from './run-command.ts';
import { type ScopeFlags, takeScopeFlags } from './scope-flags.ts';
import { summaryText } from './summary-text.ts';
import { openWatch } from './watch.ts';

function buildProgram(fields: ScopeFlags['fields']): Command {
  const program = new Command('stint')
    .description('Runs scheduled batch jobs, and proves them before they are scheduled.')
    .exitOverride()
    // Errors come as exceptions, and are told below.
    .configureOutput({ outputError: () => {} });

  program
    .command('jobs')
    .description('list the jobs')
    .option('--json', 'one JSON document on stdout')
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
    .option('--dry-run', 'refuse and count writes')
    .option('--limit <items>', 'work on at most so many items', wholeNumber)
    .option('--fresh', 'start anew, do not resume an interrupted run')
    .option('--fixture <case>', 'case of fixtures/<job>/ to run on, or the path of one (default: demo, or the first)')
    .addOption(new Option('--stack <kind>', 'stores to run on').choices(['embedded', 'external']).default('embedded'))
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nWith --stack external everything comes from the environment: DATABASE_URL, AWS_REGION, AWS_ENDPOINT_URL and what the job declares.',
    )
    .action(async (name: string, { json, ...flags }: RunFlags & { json?: boolean }) => {
      using watch = openWatch(process.stderr);
      using signals = stopOnSignals();
      signals.signal.addEventListener('abort', () => watch.say(stoppingText(signals.signal.reason)));
      const summary = await runCommand(name, flags, fields, watch, signals);
      watch[Symbol.dispose]();
      print(json === true ? JSON.stringify(summary, null, 2) : summaryText(summary, coloursOf(process.stdout)));
      process.exitCode = summary.exitCode;
    });
  return program;
}

function stoppingText(reason: unknown): string {
  return `${describeError(reason).message}; finishing what is in flight, a second signal ends it at once`;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number of 1 or more.');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(args: readonly string[]): Promise<void> {
  // Other commands have no scope: there these flags are unknown options.
  const { rest, fields } = args[0] === 'run' ? takeScopeFlags(args) : { rest: args, fields: new Map() };
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
  process.stderr.write(`stint: ${describeError(error).message}\n`);
  return exitCodeOfError(error);
}

// Whoever read our output has seen enough (`stint run … 2>&1 | head -1`): the run goes on, and ends its stores.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = tellError(error);
}
