/**
 * Uses a stack that another process started, through its address: what `describeStack` gives travels as JSON, for
 * example in an environment variable to the workers of `mocha --parallel`.
 * Disposing an attached stack drops its own forks; the servers stay with the process that started them.
 */
import { Forks } from './forks.ts';
import type { DynamoEndpoint, Stack, StackKind } from './stack.ts';
import { StackError } from './stack-error.ts';

/** All that another process needs. Holds the superuser's password: hand it to processes, not to logs. */
export interface StackAddress {
  readonly kind: StackKind;
  readonly postgresUrl: string;
  readonly dynamodb: DynamoEndpoint;
}

export function describeStack({ kind, postgresUrl, dynamodb }: Stack): StackAddress {
  return { kind, postgresUrl, dynamodb };
}

/**
 * Opens no connection yet: a stack that has ended shows at the first fork, as `STINT_STACK_UNREACHABLE`.
 *
 * @param address what `describeStack` gave, or its JSON
 * @throws StackError `STINT_STACK_BAD_ADDRESS`
 */
export function attachStack(address: StackAddress | string): Stack {
  const { kind, postgresUrl, dynamodb } = typeof address === 'string' ? parseAddress(address) : address;
  const forks = new Forks(postgresUrl, dynamodb);
  return {
    kind,
    postgresUrl,
    dynamodb,
    fork: (options) => forks.fork(options),
    [Symbol.asyncDispose]: () => forks.close({ drop: true }),
  };
}

function parseAddress(text: string): StackAddress {
  try {
    const { kind, postgresUrl, dynamodb }: StackAddress = JSON.parse(text);
    if (isKind(kind) && URL.canParse(postgresUrl) && URL.canParse(dynamodb.endpoint))
      return { kind, postgresUrl, dynamodb };
  } catch {
    // Told below: the text holds a password, so neither it nor the parser's message is shown.
  }
  throw new StackError(
    'STINT_STACK_BAD_ADDRESS',
    `expected the address of a stack as JSON, got ${text.length} characters of something else; pass JSON.stringify(describeStack(stack))`,
  );
}

function isKind(kind: unknown): kind is StackKind {
  return kind === 'embedded' || kind === 'containers' || kind === 'external';
}
