/** Where a page of a list begins, as a text that clients hand back as it is. */
import type { Json } from '@stint/sdk';
import { AdminError } from '../admin-error.ts';

export function encodeCursor(position: Json): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws AdminError 400 for a text that is none */
export function decodeCursor(text: string): Json {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as Json;
  } catch {
    throw badCursor();
  }
}

/** Of a list whose pages begin after an id. @throws AdminError 400 for a text that is none */
export function decodeIdCursor(text: string): string {
  const id = decodeCursor(text);
  if (typeof id !== 'string') throw badCursor();
  return id;
}

function badCursor(): AdminError {
  return new AdminError(400, 'expected after to be what a page before gave as next; what it holds is none');
}
