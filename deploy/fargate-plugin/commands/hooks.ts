/**
 * Runs the commands when osls calls for them.
 *
 * Guarantees: a command never throws: what goes wrong is told in a line on standard error, and the process ends with a code of the one table. A
 * command's code is loaded when it is called for.
 */
import { type Clock, describeError, type EnvironmentValues, exitCodes, type Job } from '@stint/sdk';
import type { Settings } from '../settings.ts';
import { exitCodeOfProblem, problemText } from './aws-problem.ts';
import { checkArguments } from './check-arguments.ts';
import { openClients } from './clients.ts';
import { lifecycleEvent } from './definitions.ts';
import type { Monitor } from './monitors.ts';
import type { JobsWorld, Out, RegionalPlace, Template } from './world.ts';

/** What the plugin knows when a command is called for. */
export interface CommandInput {
  readonly settings: Settings;
  readonly place: RegionalPlace;
  readonly template: Template;
  readonly monitors: readonly Monitor[];
}

export interface HooksOptions {
  readonly jobs: readonly Job[];
  /** Of the command line, as osls has read them. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The command line itself: osls passes over what it cannot read. */
  readonly args: readonly string[];
  readonly environment: EnvironmentValues;
  /** Makes it, offline. @throws Error that says in a line what does not fit */
  readonly input: () => CommandInput | Promise<CommandInput>;
  readonly out: Out;
  readonly clock: Clock;
  /** Ends all waiting: fires at Ctrl-C. */
  readonly interrupts: () => { readonly signal: AbortSignal } & Disposable;
  readonly setExitCode: (code: number) => void;
}

/** As the commands declare them, each for itself: osls has checked which there are, and of what type. */
type Flags = { readonly [name: string]: never };

export function commandHooks(options: HooksOptions): Readonly<Record<string, () => Promise<void>>> {
  const { jobs, flags, environment, input, out, clock } = options;
  const profile = (flags['aws-profile'] as string | null | undefined) ?? undefined;
  const given = Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, filled(value)])) as Flags;

  /** What needs an account. */
  const inAccount = (run: (world: JobsWorld) => Promise<number>) => async () => {
    using interrupts = options.interrupts();
    const { settings, place, template } = await input();
    using clients = openClients({ region: place.region, environment, profile });
    return await run({ jobs, settings, place, template, clients, clock, out, signal: interrupts.signal });
  };
  const commands: Readonly<Record<string, () => Promise<number>>> = {
    plan: async () => {
      const { planCommand } = await import('./plan.ts');
      return planCommand({ jobs, ...(await input()), clock, out }, { ...given, duration: listOf(given.duration) });
    },
    status: inAccount(async (world) => (await import('./status.ts')).statusCommand(world, given)),
    check: inAccount(async (world) => (await import('./check.ts')).checkCommand(world, given)),
    monitors: async () => {
      const { monitorsCommand } = await import('./monitors.ts');
      return monitorsCommand(out, (await input()).monitors, given);
    },
    ...Object.fromEntries(
      jobs.map(({ name }) => [
        `run:${name}`,
        inAccount(async (world) => (await import('./run.ts')).runCommand(world, name, given)),
      ]),
    ),
  };
  return Object.fromEntries(
    Object.entries(commands).map(([name, command]) => [
      `jobs:${name}:${lifecycleEvent}`,
      async () => options.setExitCode(await codeOf(options.args, command, out)),
    ]),
  );
}

/** Null is osls's word for a value that is there and empty: `--limit ''`. */
function filled(value: unknown): unknown {
  return Array.isArray(value) ? value.map(filled) : (value ?? (value === null ? '' : undefined));
}

/** osls reads the command line before it knows the options of plugins: one that may be there many times is no list when it is there once. */
function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}

async function codeOf(args: readonly string[], command: () => Promise<number>, out: Out): Promise<number> {
  try {
    checkArguments(args);
    return await command();
  } catch (error) {
    if (describeError(error).name === 'AbortError') return exitCodes.sigint;
    out.note(problemText(error));
    return exitCodeOfProblem(error);
  }
}
