/** The `Retry-After` header, RFC 9110 §10.2.3. */

// Sun, 06 Nov 1994 08:49:37 GMT | Sunday, 06-Nov-94 08:49:37 GMT | Sun Nov  6 08:49:37 1994
const httpDate = /^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d (GMT|\d{4})$/;

/** Ms to wait from `nowMs` (epoch): the header holds seconds or a date. Undefined when it is absent or unreadable. */
export function parseRetryAfter(header: string | readonly string[] | undefined, nowMs: number): number | undefined {
  const value = (typeof header === 'string' ? header : header?.[0])?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  // Date.parse takes far more for a date than HTTP does, "1.5" for one.
  if (!httpDate.test(value)) return undefined;
  // The third form names no zone, and means GMT.
  const atMs = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
