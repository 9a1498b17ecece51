/** The `jobs` commands, ready to be given to osls by the plugin. */
import { type Job, systemClock } from '@stint/sdk';
import { environment } from '../../environment.ts';
import { type Command, commandDefinitions } from './definitions.ts';
import { type CommandInput, commandHooks } from './hooks.ts';
import { processInterrupts, processOut } from './process-out.ts';

export type { CommandInput } from './hooks.ts';
export type { Monitor } from './monitors.ts';

export interface JobsCommandsOptions {
  readonly jobs: readonly Job[];
  /** The second argument of a plugin's constructor. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Makes it, offline, when a command is called for. @throws Error that says in a line each what does not fit */
  readonly input: () => CommandInput | Promise<CommandInput>;
}

export interface JobsCommands {
  readonly commands: { readonly jobs: Command };
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
}

export function jobsCommands(options: JobsCommandsOptions): JobsCommands {
  return {
    commands: commandDefinitions(options.jobs),
    hooks: commandHooks({
      ...options,
      args: process.argv.slice(2),
      environment,
      out: processOut,
      clock: systemClock,
      interrupts: processInterrupts,
      setExitCode(code) {
        process.exitCode = code;
      },
    }),
  };
}
