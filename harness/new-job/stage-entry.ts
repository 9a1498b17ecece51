/** Gives the variables of a new job made-up values in the example stage, which is what the gate packages. */
import { StintError } from '@stint/sdk';
import { z } from 'zod';
import type { JobNames } from './new-job.ts';

export const exampleStage = 'deploy/stages/example.json';

const stageSchema = z.looseObject({
  env: z.record(z.string(), z.string()).default({}),
  secrets: z.record(z.string(), z.string()).default({}),
});

/**
 * The stage's text with the address and the key of the job's API; how it is laid out is left to the formatter.
 * @throws StintError `STINT_STAGE` when the text is no stage
 */
export function withVariables(text: string, { variable, fake }: JobNames): string {
  const given = parse(text);
  const { data: stage } = stageSchema.safeParse(given);
  if (stage === undefined)
    throw new StintError(
      'STINT_STAGE',
      `expected ${exampleStage} to be a stage in JSON, got something else; restore it`,
    );
  const arn = `arn:aws:secretsmanager:eu-central-1:111122223333:secret:stint/example/${fake}-key-AbCdEf`;
  const more = {
    env: { ...stage.env, [`${variable}_URL`]: `https://${fake}.example` },
    secrets: { ...stage.secrets, [`${variable}_KEY`]: arn },
  };
  // In the order in which it was written.
  return `${JSON.stringify({ ...(given as object), ...more }, null, 2)}\n`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
