/** Answers that say what is wrong, as `application/problem+json` (RFC 9457). */
import { HttpResponse } from 'msw';

export function problem(status: number, title: string, headers: Readonly<Record<string, string>> = {}): Response {
  return HttpResponse.json(
    { title, status },
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );
}
