/** Durations as people write them. */

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `90s`, `5m`, `1.5h`, in ms; undefined: it is none. */
export function parseDuration(text: string): number | undefined {
  const [, value, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)(s|m|h)$/.exec(text) ?? [];
  const ms = Number(value) * (unitMs[unit] ?? Number.NaN);
  return ms > 0 ? ms : undefined;
}
