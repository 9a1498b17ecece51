/** Reads the query of an address. */
import type { Context } from 'koa';
import type { z } from 'zod';
import { AdminError } from '../admin-error.ts';
import { readParameters } from '../http/parameters.ts';

/** @throws AdminError 422 */
export function readQuery<TSchema extends z.ZodObject>(ctx: Context, schema: TSchema): z.output<TSchema> {
  const values = Object.fromEntries(
    [...readParameters(ctx.querystring)].map(([name, texts]) => [name, onlyValue(texts)]),
  );
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new AdminError(422, 'the query does not fit', {
    errors: parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  });
}

/** One that comes twice is no text, so that no schema takes it. */
function onlyValue(values: readonly string[]): string | readonly string[] | undefined {
  if (values.length > 1) return values;
  // As a form sends a field that was left empty.
  return values[0] === '' ? undefined : values[0];
}
