/** Asks an admin as a program does. */
import { request } from 'undici';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly json: any;
}

export interface AskOptions {
  readonly token: string;
  /** As JSON; a text as it is. @default none */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function ask(
  method: 'GET' | 'POST',
  url: URL,
  { token, body, headers = {} }: AskOptions,
): Promise<Answer> {
  const answer = await request(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text,
    json: /json/.test(String(answer.headers['content-type'])) ? JSON.parse(text) : undefined,
  };
}
