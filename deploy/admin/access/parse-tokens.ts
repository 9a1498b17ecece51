/** Reads STINT_ADMIN_TOKENS. All problems at once, each by its place; never a value: what was put there may be a token. */
import { EnvironmentError, type Problem } from '@stint/sdk';
import { roles } from '../admin-service.ts';
import { type AccessToken, isRole, tokenName } from './tokens.ts';

const variable = 'STINT_ADMIN_TOKENS';
const sha256 = /^[0-9a-f]{64}$/i;
const fields: ReadonlySet<string> = new Set(['name', 'role', 'sha256']);
const example = `[{"name":"qa","role":"trigger","sha256":"…"}]`;

/**
 * The tokens that are configured; none when `text` is empty.
 * @throws EnvironmentError naming every entry that does not fit
 */
export function parseTokens(text: string | undefined): readonly AccessToken[] {
  if (text === undefined || text.trim() === '') return [];
  const entries = readArray(text);
  const problems = entries.flatMap(problemsOfEntry);
  const tokens = entries
    .filter(isToken)
    .map(({ name, role, sha256 }) => ({ name, role, sha256: sha256.toLowerCase() }));
  // Places are those of the list, which only a list without other problems still has.
  if (problems.length === 0) problems.push(...repetitions(tokens, 'name'), ...repetitions(tokens, 'sha256'));
  if (problems.length > 0) throw new EnvironmentError('the access tokens of the admin do not fit', problems);
  return tokens;
}

function readArray(text: string): readonly unknown[] {
  const parsed = readJson(text);
  if (Array.isArray(parsed)) return parsed;
  const got = parsed === undefined ? `${text.length} characters that are no JSON` : 'other JSON';
  throw new EnvironmentError('the access tokens of the admin do not fit', [
    { path: variable, message: `expected a JSON array like ${example}, got ${got}` },
  ]);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isToken(entry: unknown): entry is AccessToken {
  return problemsOfEntry(entry, 0).length === 0;
}

function problemsOfEntry(entry: unknown, index: number): Problem[] {
  const path = `${variable}.${index}`;
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return [{ path, message: 'expected an object with name, role and sha256; what it holds is none' }];
  }
  const { name, role, sha256: hash } = entry as Readonly<Record<string, unknown>>;
  const problems: Problem[] = [];
  if (typeof name !== 'string' || !tokenName.test(name)) {
    const message = 'expected 1 to 40 letters, digits, dots, dashes and underscores; what it holds are none';
    problems.push({ path: `${path}.name`, message });
  }
  if (!isRole(role))
    problems.push({ path: `${path}.role`, message: `expected ${roles.join(', ')}; it is none of these` });
  if (typeof hash !== 'string' || !sha256.test(hash)) {
    const message = 'expected the SHA-256 of the token, 64 hex digits; put the hash there, never the token';
    problems.push({ path: `${path}.sha256`, message });
  }
  // Somebody may have added the token itself, for convenience.
  if (Object.keys(entry).some((field) => !fields.has(field))) {
    problems.push({ path, message: 'expected name, role and sha256 only; take the other fields out' });
  }
  return problems;
}

function repetitions(tokens: readonly AccessToken[], field: 'name' | 'sha256'): Problem[] {
  return tokens.flatMap((token, index) => {
    const first = tokens.findIndex((other) => other[field] === token[field]);
    if (first === index) return [];
    return [{ path: `${variable}.${index}.${field}`, message: `is that of entry ${first} too; each needs its own` }];
  });
}
