/** Durations as people write and read them. */

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `90s`, `5m`, `1.5h`, in ms; undefined: it is none. */
export function parseDuration(text: string): number | undefined {
  const [, value, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)(s|m|h)$/.exec(text) ?? [];
  const ms = Number(value) * (unitMs[unit] ?? Number.NaN);
  return ms > 0 ? ms : undefined;
}

const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1_000 },
] as const;

/** `45 s`, `4 min 10 s`, `2 h`, `2 d 3 h`: the two largest units of it. */
export function durationText(ms: number): string {
  let left = Math.max(0, Math.round(ms / 1_000)) * 1_000;
  const parts: string[] = [];
  for (const unit of units) {
    const count = Math.floor(left / unit.ms);
    left -= count * unit.ms;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit.name}`);
    else if (parts.length > 0) break;
  }
  return parts.join(' ') || '0 s';
}
