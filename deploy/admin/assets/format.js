/** Numbers, durations and times as people read them. The server's pages and the browser's script share it, so that they say the same. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** `1,234`, `0.4` */
export function formatNumber(value) {
  return (Math.abs(value) < 10 ? fine : whole).format(value);
}

/** `1 call`, `1,234 calls` */
export function formatCount(count, one, many = `${one}s`) {
  return `${whole.format(count)} ${count === 1 ? one : many}`;
}

/** `0.4 ms`, `120 ms`, `3.2 s`, `4 min 10 s`, `2 h`, `3 d 4 h` */
export function formatMs(ms) {
  // The limits are where rounding would reach the next unit.
  if (ms < 999.5) return `${formatNumber(ms)} ms`;
  if (ms < 59_950) return `${fine.format(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return parts(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(ms / 60_000);
  if (minutes < 48 * 60) return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return parts(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function parts(many, unit, few, smaller) {
  return few === 0 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`;
}

/** `2026-09-30 06:00:00 UTC` for an ISO 8601 time in UTC. */
export function formatUtc(iso) {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * `just now`, `4 min ago`, `in 12 min`; `14:05` today; `30 Sep, 14:05`; `30 Sep 2025, 14:05`. In the zone of `timeZone`.
 */
export function formatNear(time, now, timeZone) {
  const away = time - now;
  if (Math.abs(away) < hourMs - minuteMs / 2) return formatAway(away);
  const day = (ms) => new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone }).format(ms);
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone };
  if (day(time) !== day(now)) Object.assign(options, { day: 'numeric', month: 'short' });
  if (day(time).slice(0, 4) !== day(now).slice(0, 4)) Object.assign(options, { year: 'numeric' });
  return new Intl.DateTimeFormat('en-GB', options).format(time);
}

/** `2026-09-30 08:00:00 GMT+2` in the zone of `timeZone`. */
export function formatZoned(time, timeZone) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    timeZone,
  }).formatToParts(time);
  const of = (type) => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}:${of('second')} ${of('timeZoneName')}`;
}

function formatAway(away) {
  const minutes = Math.round(Math.abs(away) / minuteMs);
  if (minutes === 0) return away > 0 ? 'in a moment' : 'just now';
  return away > 0 ? `in ${minutes} min` : `${minutes} min ago`;
}
