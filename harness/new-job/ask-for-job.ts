/**
 * Asks a person at a terminal what a new job is to be. What is known already is not asked for; an answer that cannot be
 * is told why, and asked for again.
 */
import { createInterface } from 'node:readline/promises';
import { describeError, InterruptedError, UsageError } from '@stint/sdk';
import { type NewJob, type SourceKind, sourceKinds } from './new-job.ts';

export type KnownOfJob = { readonly [TKey in keyof NewJob]: NewJob[TKey] | undefined };

export interface Dialogue {
  readonly input: NodeJS.ReadableStream;
  /** Questions and complaints; not for results. */
  readonly output: NodeJS.WritableStream;
}

/**
 * @param checkName throws when no job can be made with this name
 * @throws UsageError when the input ends, InterruptedError on Ctrl-C
 */
export async function askForJob(
  known: KnownOfJob,
  checkName: (name: string) => void,
  { input, output }: Dialogue = { input: process.stdin, output: process.stderr },
): Promise<NewJob> {
  using lines = createInterface({ input, output });
  const left = new AbortController();
  // Without these a question that is not answered would end the process with 0.
  lines.once('SIGINT', () => left.abort(new InterruptedError('interrupted by SIGINT; nothing was written', 'SIGINT')));
  lines.once('close', () =>
    left.abort(new UsageError('expected an answer, got the end of input; nothing was written')),
  );

  async function ask<TAnswer>(question: string, parse: (answer: string) => TAnswer): Promise<TAnswer> {
    for (;;) {
      const answer = await lines.question(`${question} `, { signal: left.signal }).catch((error: unknown) => {
        throw left.signal.aborted ? left.signal.reason : error;
      });
      try {
        return parse(answer.trim());
      } catch (error) {
        output.write(`  ${describeError(error).message}\n`);
      }
    }
  }

  return {
    name:
      known.name ??
      (await ask('Name of the job, such as sync-stock:', (name) => {
        checkName(name);
        return name;
      })),
    source: known.source ?? (await ask(`Where are its records (${sourceKinds.join(' or ')})?`, parseSource)),
    api: known.api ?? (await ask('Does it ask an API about each of them (y or n)?', parseYes)),
  };
}

function parseSource(answer: string): SourceKind {
  const source = sourceKinds.find((kind) => kind === answer.toLowerCase());
  if (source === undefined) throw new UsageError(`expected ${sourceKinds.join(' or ')}, got "${answer}"`);
  return source;
}

function parseYes(answer: string): boolean {
  const [first = ''] = answer.toLowerCase();
  if (first !== 'y' && first !== 'n') throw new UsageError(`expected y or n, got "${answer}"`);
  return first === 'y';
}
