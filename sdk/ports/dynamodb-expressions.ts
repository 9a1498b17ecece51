/** What goes with DynamoDB's expressions, as authors write it and as the AWS SDK wants it. */
import type { NativeAttributeValue } from '@aws-sdk/lib-dynamodb';

/** A key: the attributes of the table's key and nothing else. */
export type DynamoKey = Readonly<Record<string, unknown>>;

export interface Placeholders {
  /** For `#name` in expressions. @default none */
  readonly names?: Readonly<Record<string, string>>;
  /** For `:value` in expressions. @default none */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Under which condition a write happens. */
export interface Condition extends Placeholders {
  /** A condition expression, e.g. `attribute_not_exists(id)`. @default the write happens in any case */
  readonly condition?: string;
}

/** What the document client takes for an item or a key: plain values. */
export type Attributes = Record<string, NativeAttributeValue>;

/** Plain values go to the document client as they are; it refuses what DynamoDB cannot hold. */
export function toAttributes(values: object): Attributes {
  return values as Attributes;
}

export function toPlaceholders({ names, values }: Placeholders): {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Attributes;
} {
  return {
    ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
    ...(values === undefined ? {} : { ExpressionAttributeValues: toAttributes(values) }),
  };
}

export function toCondition(
  condition: Condition,
): ReturnType<typeof toPlaceholders> & { ConditionExpression?: string } {
  return {
    ...(condition.condition === undefined ? {} : { ConditionExpression: condition.condition }),
    ...toPlaceholders(condition),
  };
}
