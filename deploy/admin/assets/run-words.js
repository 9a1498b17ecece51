/** What a run is called and how far it is, in words: for the server's pages and, as it goes on, for the browser's script. */
import { formatCount, formatMs, formatNumber } from './format.js';

const tones = {
  running: 'live',
  cancelling: 'wait',
  crashed: 'bad',
  interrupted: 'wait',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'dim',
};

/** `crashed` is a run that is running, says the ledger, but whose process is gone. A store that cannot tell is believed. */
export function statusOf({ status, leaseHeld, cancelledBy }) {
  if (status !== 'running') return status;
  if (leaseHeld === false) return 'crashed';
  return cancelledBy === null ? 'running' : 'cancelling';
}

export function toneOf(status) {
  return tones[status] ?? 'dim';
}

/** Of the progress element; `value` undefined: nobody knows how far it is. */
export function barOf({ progress }) {
  // An estimate may be too small.
  if (progress === null || progress.total === null || progress.total === 0) return { max: 1, value: undefined };
  return { max: Math.max(progress.total, progress.settled), value: progress.settled };
}

/** What stands at each place of the progress, by the place's name. */
export function progressTexts(run) {
  const { progress } = run;
  const status = statusOf(run);
  const ran = `${formatMs(Math.max(0, Date.parse(run.updatedAt) - Date.parse(run.startedAt)))} after the start`;
  if (progress === null) return { status, headline: 'Nothing is known of its items yet', source: '', ran, ...unknown };
  const or = (value, format) => (value === null ? '–' : format(value));
  return {
    status,
    headline: headlineOf(run),
    source: progress.isLive ? 'As its process tells,' : 'As its last checkpoint has it,',
    succeeded: formatNumber(progress.succeeded),
    skipped: formatNumber(progress.skipped),
    failed: formatNumber(progress.failed),
    retried: formatNumber(progress.retried),
    inFlight: or(progress.inFlight, formatNumber),
    waited: or(progress.waitedMs, formatMs),
    rate: or(progress.itemsPerSecond, (rate) => `${formatNumber(rate)} a second`),
    timeLeft: or(progress.timeLeftMs, (ms) => `about ${formatMs(roundTime(ms))}`),
    ran,
  };
}

/** Short, and the same for a while: what a screen reader is told as the run goes on. */
export function spokenProgress(run) {
  const { max, value } = barOf(run);
  if (value === undefined) return run.progress === null ? '' : statusOf(run);
  const tenths = Math.floor((value / max) * 10);
  return `${statusOf(run)}, ${tenths * 10} percent done`;
}

const unknown = {
  succeeded: '–',
  skipped: '–',
  failed: '–',
  retried: '–',
  inFlight: '–',
  waited: '–',
  rate: '–',
  timeLeft: '–',
};

function headlineOf(run) {
  const { settled, total } = run.progress;
  const { max, value } = barOf(run);
  if (value === undefined) return `${formatCount(settled, 'item')} settled`;
  if (settled > total) return `${formatCount(settled, 'item')} settled, more than the ${formatNumber(total)} expected`;
  // 100 % is said of what is whole only.
  const percent = settled === total ? 100 : Math.min(99, Math.floor((value / max) * 100));
  return `${percent} %: ${formatNumber(settled)} of about ${formatCount(total, 'item')} settled`;
}

/** To whole seconds: tenths would flicker. */
function roundTime(ms) {
  return ms < 1_000 ? 1_000 : Math.round(ms / 1_000) * 1_000;
}
