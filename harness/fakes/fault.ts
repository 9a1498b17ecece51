/** What can be made to go wrong with a fake, and with which of its calls. The same words in code, in cases and over HTTP. */
import { z } from 'zod';

const answer = {
  /** Sent as it is when it is a text, else as JSON. @default a problem that says it is a fault */
  body: z.json().optional(),
  /** @default none but the body's type */
  headers: z.record(z.string(), z.string()).optional(),
};

/**
 * What goes wrong with a call. With `latency`, `reset-mid-body`, `malformed-json` and `truncated` the fake does what it is
 * asked, and only its answer suffers; with the others it does nothing.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Answers with this status. */
  z.strictObject({ kind: z.literal('status'), status: z.int().min(200).max(599), ...answer }),
  /** Answers late. */
  z.strictObject({ kind: z.literal('latency'), ms: z.number().nonnegative() }),
  /** Never answers; the call ends when its client leaves. */
  z.strictObject({ kind: z.literal('hang') }),
  /** Resets the connection before any answer. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Resets the connection in the middle of the answer's body. */
  z.strictObject({ kind: z.literal('reset-mid-body') }),
  /** Answers with a body that is no JSON, whole as far as HTTP can tell. */
  z.strictObject({ kind: z.literal('malformed-json') }),
  /** Closes the connection, in good order, in the middle of the answer's body. */
  z.strictObject({ kind: z.literal('truncated') }),
  /** Answers 429 with `Retry-After`. */
  z.strictObject({ kind: z.literal('throttle'), retryAfterSeconds: z.int().nonnegative() }),
  /** `fail` calls are answered with a status, the next `work` calls as ever, and so on. */
  z.strictObject({
    kind: z.literal('flapping'),
    fail: z.int().positive(),
    work: z.int().positive(),
    /** @default 503 */
    status: z.int().min(400).max(599).default(503),
  }),
]);

/** The calls that a fault is meant for. */
export const faultMatchSchema = z.strictObject({
  /** @default every method */
  method: z
    .string()
    .regex(/^[A-Z]+$/, 'expected a method in capitals, such as POST')
    .optional(),
  /** As routes are written: `/payments/:reference`, `/payments/*`. */
  path: z.string().regex(/^[/*]/, 'expected a path such as /payments/:reference, or *'),
  /** How many calls get it. @default all, until it is taken back */
  times: z.int().positive().optional(),
  /** How many calls are let pass before. @default 0 */
  after: z.int().nonnegative().optional(),
});

/** A fault as it stands in `case.json`. */
export const faultRuleSchema = z.strictObject({ ...faultMatchSchema.shape, fault: faultSchema });

export type Fault = z.input<typeof faultSchema>;
export type FaultMatch = z.input<typeof faultMatchSchema>;
export type FaultRule = z.input<typeof faultRuleSchema>;
export type CheckedFault = z.output<typeof faultSchema>;
export type CheckedRule = z.output<typeof faultRuleSchema>;
