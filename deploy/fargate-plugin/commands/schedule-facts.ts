/** Facts of a schedule of EventBridge Scheduler and of a rule of EventBridge: a template and the account write them alike. */
import { type Fact, type Facts, factsOf } from './differences.ts';

export interface TargetShape {
  readonly Id?: string | undefined;
  readonly Arn?: string | undefined;
  readonly RoleArn?: string | undefined;
  readonly Input?: string | undefined;
  readonly InputTransformer?: { readonly InputTemplate?: string | undefined } | undefined;
  readonly EcsParameters?: { readonly TaskDefinitionArn?: string | undefined } | undefined;
  readonly RetryPolicy?:
    | {
        readonly MaximumRetryAttempts?: number | string | undefined;
        readonly MaximumEventAgeInSeconds?: number | string | undefined;
      }
    | undefined;
  readonly DeadLetterConfig?: { readonly Arn?: string | undefined } | undefined;
}

export interface ScheduleShape {
  readonly State?: string | undefined;
  readonly ScheduleExpression?: string | undefined;
  readonly ScheduleExpressionTimezone?: string | undefined;
  readonly FlexibleTimeWindow?: { readonly Mode?: string | undefined } | undefined;
  readonly Target?: TargetShape | undefined;
}

export interface RuleShape {
  readonly State?: string | undefined;
  readonly ScheduleExpression?: string | undefined;
}

export function scheduleFacts({ Target = {}, FlexibleTimeWindow, ...schedule }: ScheduleShape): Facts {
  return new Map([
    ...factsOf([
      ['expression', schedule.ScheduleExpression],
      ['time zone', schedule.ScheduleExpressionTimezone ?? 'UTC'],
      ['state', schedule.State ?? 'ENABLED'],
      ['flexible window', FlexibleTimeWindow?.Mode],
    ]),
    ...targetFacts(Target, 'target'),
  ]);
}

export function ruleFacts({ State, ScheduleExpression }: RuleShape, targets: readonly TargetShape[]): Facts {
  return new Map([
    ...factsOf([
      ['expression', ScheduleExpression],
      ['state', State ?? 'ENABLED'],
    ]),
    ...targets.flatMap((target) => [...targetFacts(target, `target ${target.Id}`)]),
  ]);
}

/** Whether the template leaving it out means that there is to be none. */
export function isNoneElse(name: string): boolean {
  return /dead-letter queue$|^target \S+$/.test(name);
}

function targetFacts(target: TargetShape, name: string): Facts {
  const { Arn, RoleArn, RetryPolicy, DeadLetterConfig, Input, InputTransformer, EcsParameters } = target;
  return new Map([
    ...factsOf([
      [name, Arn],
      [`${name}'s role`, RoleArn],
      [`${name}'s task definition`, EcsParameters?.TaskDefinitionArn],
      [`${name}'s attempts`, RetryPolicy?.MaximumRetryAttempts],
      [`${name}'s longest age`, RetryPolicy?.MaximumEventAgeInSeconds],
      [`${name}'s dead-letter queue`, DeadLetterConfig?.Arn],
    ]),
    ...inputFacts(Input ?? InputTransformer?.InputTemplate, `${name}'s input`),
  ]);
}

/** A fact for each value in it, so that a difference tells where it is. */
function inputFacts(input: string | undefined, name: string): readonly (readonly [string, Fact])[] {
  if (input === undefined) return [];
  try {
    return leaves(JSON.parse(input), name);
  } catch {
    return [[name, { value: input }]];
  }
}

function leaves(value: unknown, name: string): readonly (readonly [string, Fact])[] {
  if (typeof value !== 'object' || value === null) return [[name, { value: String(value) }]];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, `${name}.${key}`));
}
