/**
 * Between times and what a clock on the wall of a time zone shows then. What a clock shows is held as the milliseconds that
 * it would be in UTC.
 *
 * Guarantees: of a reading that comes twice, when clocks are put back, the first time; of one that never comes, when they are
 * put forward, none. Later readings come at later times.
 */
export class WallClock {
  readonly #format: Intl.DateTimeFormat;

  /** @param timezone an IANA name; @throws RangeError for any other */
  constructor(timezone: string) {
    this.#format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' });
  }

  readingAt(timeMs: number): number {
    return timeMs + this.#offsetMsAt(timeMs);
  }

  /** Undefined: it shows that at no time. */
  timeOf(readingMs: number): number | undefined {
    // No zone is as far as a day from UTC, and none changes its clocks twice in two days.
    const offsets = [-dayMs, dayMs].map((awayMs) => this.#offsetMsAt(readingMs + awayMs));
    const times = offsets.map((offsetMs) => readingMs - offsetMs).filter((ms) => this.readingAt(ms) === readingMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #offsetMsAt(timeMs: number): number {
    const parts = this.#format.formatToParts(timeMs);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = 0, minutes = 0, seconds = 0] = offsetPattern.exec(name) ?? [];
    const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
    return sign === '-' ? -size : size;
  }
}

const dayMs = 86_400_000;
// `GMT` alone is UTC; before there were time zones, places had offsets with seconds.
const offsetPattern = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;
