/**
 * `stint admin`: the admin on a laptop, with demo data; and `stint admin-token`: a token for an admin anywhere.
 *
 * The server is a program of deploy, which the harness does not import: it is a process of its own, and ends with this one.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { exitCodes, logLineText, UsageError } from '@stint/sdk';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { repositoryRoot } from '../repository.ts';
import type { StackKind } from '../stack/stack.ts';
import { openAdminGround } from './admin-ground.ts';
import { type ServerEnd, startAdminServer } from './admin-server.ts';
import { makeAdminToken, type TokenRole, tokenRoles } from './admin-token.ts';
import { environment, user } from './environment.ts';
import { coloursOf } from './format.ts';
import { stopOnOneSignal } from './one-signal.ts';
import { print } from './print.ts';
import { openWatch } from './watch.ts';

export interface AdminFlags {
  /** @default a free one; with `external` that of the environment */
  readonly port?: number;
  /** @default 'embedded' */
  readonly stack?: StackKind | 'auto';
  /** Keep the demo data, and what runs make of it. @default false */
  readonly keep?: boolean;
  /** @default false */
  readonly json?: boolean;
}

export interface AdminOptions {
  /** The server's program. @default deploy/admin/server.ts */
  readonly server?: string;
}

const jsonOption = ['--json', 'one JSON document on stdout'] as const;

export function addAdminCommands(program: Command): void {
  program
    .command('admin')
    .description('serve the admin, on demo data of all jobs, until Ctrl-C')
    .option('--port <port>', 'what to listen on (default: a free port)', toPort)
    .option('--keep', 'keep the demo data and the record of its runs in .stint/')
    .addOption(
      new Option('--stack <kind>', 'stores to run on')
        .choices(['embedded', 'containers', 'external', 'auto'])
        .default('embedded'),
    )
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nPrints the address, and a token that was made for this start.' +
        '\nWith --stack external everything comes from the environment, STINT_ADMIN_TOKENS too, and nothing is loaded.',
    )
    .action((flags: AdminFlags) => adminCommand(flags));

  program
    .command('admin-token')
    .description('make a token for the admin, and its entry for STINT_ADMIN_TOKENS')
    .argument('<name>', 'who it is for')
    .addOption(
      new Option('--role <role>', 'what it allows; each may what those before it may')
        .choices(tokenRoles)
        .makeOptionMandatory(),
    )
    .option(...jsonOption)
    .action((name: string, flags: { role: TokenRole; json?: boolean }) => tokenCommand(name, flags));
}

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError('expected a port from 1 to 65535.');
}

/**
 * Serves until a signal comes, or until the server ends by itself; its code becomes ours.
 * @throws UsageError, StackError, FixtureError; InterruptedError for a signal before there was a server
 */
export async function adminCommand(flags: AdminFlags, { server: file = ourServer }: AdminOptions = {}): Promise<void> {
  const { port, stack = 'embedded', keep = false, json = false } = flags;
  if (keep && stack !== 'embedded')
    throw new UsageError(`expected --keep with the embedded stack, got --stack ${stack}`);
  using signals = stopOnOneSignal();
  const { signal } = signals;
  using watch = openWatch(process.stderr);
  await using ground = await openAdminGround({
    stack,
    keep,
    environment,
    user,
    say: watch.say,
    wait: watch.wait,
    signal,
  });
  signal.throwIfAborted();

  const paint = coloursOf(process.stderr);
  await using server = startAdminServer({
    file,
    environment: { ...ground.environment, ...(port !== undefined && { PORT: String(port) }) },
    onLine: (line) =>
      watch.aside(() => process.stderr.write(`${process.stderr.isTTY ? logLineText(line, paint) : line}\n`)),
  });
  const told = once(signal, 'abort').then(() => undefined);
  const url = await Promise.race([server.listening, told]);
  if (url !== undefined) {
    const { token } = ground;
    print(json ? JSON.stringify({ url, token }, null, 2) : readyText(url, token));
    await Promise.race([server.ended, told]);
  }
  if (signal.aborted) watch.say(`${signal.reason.message}; its runs are interrupted, another Ctrl-C ends it at once`);
  const end = await (signal.aborted ? server.stop(signal.reason.signal) : server.ended);
  if (!signal.aborted)
    watch.say(`the admin server ended by itself with ${end.signal ?? `code ${end.code}`}; its log tells why`);
  process.exitCode = exitCodeOf(end, signal);
}

const ourServer = join(repositoryRoot, 'deploy', 'admin', 'server.ts');

/** Whoever told it to end has nothing to look at, unless it did not end well. */
function exitCodeOf({ code, signal }: ServerEnd, told: AbortSignal): number {
  if (told.aborted && signal === told.reason.signal) return exitCodes.succeeded;
  return code ?? exitCodes.failed;
}

function readyText(url: string, token: string | null): string {
  const lines = [`admin  ${url}`, `token  ${token ?? 'one of those in STINT_ADMIN_TOKENS'}`, 'stop   Ctrl-C'];
  return lines.join('\n');
}

/** The token itself goes nowhere else. @throws UsageError */
function tokenCommand(name: string, { role, json = false }: { role: TokenRole; json?: boolean }): void {
  const { token, entry } = makeAdminToken(name, role);
  print(json ? JSON.stringify({ token, entry }, null, 2) : `token  ${token}\nentry  ${JSON.stringify(entry)}`);
  process.stderr.write('the token is shown this once; put the entry into the list in STINT_ADMIN_TOKENS\n');
}
