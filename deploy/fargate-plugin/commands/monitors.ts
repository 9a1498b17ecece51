/** `serverless jobs monitors`: the Datadog monitors of all jobs, as JSON for `POST /api/v1/monitor`, or a list of what they watch. */
import { exitCodes } from '@stint/sdk';
import { textTable } from './text-table.ts';
import type { Out } from './world.ts';

export interface Monitor {
  readonly name: string;
  readonly type: string;
  readonly query: string;
}

export function monitorsCommand(out: Out, monitors: readonly Monitor[], { json }: { readonly json?: boolean }): number {
  if (json) out.print(JSON.stringify(monitors, undefined, 2));
  else {
    for (const { name, query } of monitors) {
      out.print(name);
      out.print(textTable([[query]], { width: out.width, indent: '  ' }));
    }
    out.note(`${monitors.length} monitors; with --json as Datadog's API takes them`);
  }
  return exitCodes.succeeded;
}
