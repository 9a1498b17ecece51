/** What a client would like, by RFC 7240: `respond-async`, `wait=30`. What is not known, or makes no sense, is passed by. */

export interface Preferences {
  readonly respondAsync: boolean;
  /** Wait at most so long, in s; undefined: it did not say. */
  readonly waitSeconds: number | undefined;
}

const longestWaitSeconds = 24 * 3_600;

export function readPreferences(header: string | undefined): Preferences {
  const given = new Map<string, string>();
  for (const preference of (header ?? '').split(',')) {
    // Parameters after `;` belong to preferences that have some; none of ours does.
    const [name = '', value = ''] = (preference.split(';')[0] ?? '').split('=', 2).map((part) => part.trim());
    // Of one that comes twice the first counts.
    if (name !== '' && !given.has(name.toLowerCase())) given.set(name.toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
  }
  const wait = given.get('wait');
  const isWait = wait !== undefined && /^\d{1,9}$/.test(wait);
  return {
    respondAsync: given.has('respond-async'),
    waitSeconds: isWait ? Math.min(Number(wait), longestWaitSeconds) : undefined,
  };
}

/** `Preference-Applied`; undefined: none was. */
export function formatApplied({ respondAsync, waitSeconds }: Preferences): string | undefined {
  if (waitSeconds !== undefined) return `wait=${waitSeconds}`;
  return respondAsync ? 'respond-async' : undefined;
}
