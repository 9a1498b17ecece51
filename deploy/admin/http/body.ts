/**
 * Reads the body of a request.
 *
 * Guarantees: no more than `bodyLimitBytes` are kept; what is no UTF-8, no JSON, nested deeper than any scope needs, or has a key that could
 * reach a prototype, is refused with a 4xx. Slow bodies are ended by the server's `requestTimeout`.
 */
import type { IncomingMessage } from 'node:http';
import type { Json } from '@stint/sdk';
import type { Context, Next } from 'koa';
import type { z } from 'zod';
import { AdminError } from '../admin-error.ts';
import { readParameters } from './parameters.ts';

export const bodyLimitBytes = 256 * 1024;
const deepest = 20;
const refusedKeys: ReadonlySet<string> = new Set(['__proto__']);

/** @throws AdminError 400, 413, 415, 422 */
export async function readJson<TSchema extends z.ZodType>(ctx: Context, schema: TSchema): Promise<z.output<TSchema>> {
  const text = await readText(ctx, 'application/json');
  const parsed = schema.safeParse(text.trim() === '' ? {} : parseJson(text));
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
  throw new AdminError(422, 'the body does not fit', { errors });
}

export type FormFields = Record<string, string | string[]>;

/** Reads the body of a form, for what comes after: `formOf`. Leaves other bodies to those who take them. */
export async function readFormBody(ctx: Context, next: Next): Promise<void> {
  const request = ctx.request as { body?: unknown };
  if (request.body === undefined && ctx.is('application/x-www-form-urlencoded')) request.body = await readForm(ctx);
  await next();
}

/** The fields of a form that was read; none when it was none. */
export function formOf(ctx: Context): FormFields {
  const { body } = ctx.request as { body?: unknown };
  return (body as FormFields | undefined) ?? Object.create(null);
}

/** Fields that come more than once are lists. @throws AdminError 400, 413, 415 */
async function readForm(ctx: Context): Promise<FormFields> {
  const text = await readText(ctx, 'application/x-www-form-urlencoded');
  const fields: FormFields = Object.create(null);
  for (const [name, values] of readParameters(text))
    fields[name] = values.length === 1 ? (values[0] ?? '') : [...values];
  return fields;
}

async function readText(ctx: Context, type: string): Promise<string> {
  const { req } = ctx;
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (hasBody) checkHeaders(ctx, type);
  const bytes = await readBytes(req);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new AdminError(400, 'expected a body in UTF-8; what came is none');
  }
}

function checkHeaders(ctx: Context, type: string): void {
  const { request, req } = ctx;
  if (ctx.is(type) !== type)
    throw new AdminError(
      415,
      `expected a body of type ${type}, got ${request.type || 'none'}; name it in Content-Type`,
    );
  if (request.charset !== '' && !/^utf-?8$/i.test(request.charset))
    throw new AdminError(415, `expected a body in UTF-8, got ${request.charset}`);
  if (req.headers['content-encoding'] !== undefined && req.headers['content-encoding'] !== 'identity')
    throw new AdminError(415, `expected a body as it is, got one in ${req.headers['content-encoding']}`);
}

async function readBytes(req: IncomingMessage): Promise<Buffer> {
  const tooLarge = new AdminError(413, `expected a body of at most ${bodyLimitBytes} bytes; send less`, {
    headers: { connection: 'close' },
  });
  if (Number(req.headers['content-length'] ?? 0) > bodyLimitBytes) throw tooLarge;
  // Of one that has broken off already nobody would tell.
  if (req.destroyed) throw new AdminError(400, 'expected a whole body, but it broke off');
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Not `for await`: that would destroy the socket, and with it the answer.
    await new Promise<void>((resolve, reject) => {
      req.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > bodyLimitBytes) reject(tooLarge);
        else chunks.push(chunk);
      });
      req.once('end', resolve);
      req.once('error', reject);
      req.once('close', () => reject(new AdminError(400, 'expected a whole body, but it broke off')));
    });
  } catch (error) {
    if (error instanceof AdminError) throw error;
    throw new AdminError(400, 'expected a whole body, but it broke off', { cause: error });
  }
  return Buffer.concat(chunks);
}

function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new AdminError(400, `expected JSON, got ${text.length} characters that are none`);
  }
  checkShape(value);
  return value;
}

/** By a list of its own: what is nested deeply must not use up the stack. */
function checkShape(value: Json): void {
  const left: { readonly value: Json | undefined; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.depth > deepest) throw new AdminError(422, `expected JSON that is nested at most ${deepest} deep`);
    for (const key of Object.keys(next.value)) {
      if (refusedKeys.has(key)) throw new AdminError(422, `expected no field named ${key}`);
      left.push({ value: (next.value as Record<string, Json>)[key], depth: next.depth + 1 });
    }
  }
}
