/**
 * Shows a run as it goes on, and when it ends the page as it is then.
 *
 * Guarantees: focus stays where it is; a screen reader is told at most every 5 s, and only what is new; a lost connection is shown
 * and tried again, with less and less haste where the server refuses it.
 */
import { replaceMain } from './replace-main.js';
import { barOf, progressTexts, spokenProgress, statusOf, toneOf } from './run-words.js';
import { showTimes } from './times.js';

const speakEveryMs = 5_000;
const firstRetryMs = 2_000;
const longestRetryMs = 30_000;

/** @param replaced called when the page has new content */
export function watchRun({ replaced }) {
  const section = document.querySelector('[data-events]');
  if (section === null) return;
  const speak = speaker(document.getElementById('said'));
  connect(section.dataset.events, firstRetryMs);

  function connect(address, retryMs) {
    const source = new EventSource(address);
    let waitMs = retryMs;
    source.addEventListener('open', () => showConnection(true));
    source.addEventListener('progress', (event) => {
      waitMs = firstRetryMs;
      showConnection(true);
      showRun(JSON.parse(event.data));
    });
    source.addEventListener('end', (event) => {
      source.close();
      end(JSON.parse(event.data));
    });
    source.addEventListener('error', () => {
      showConnection(false);
      // A source that is not closed tries again by itself.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => connect(address, Math.min(waitMs * 2, longestRetryMs)), waitMs);
    });
    addEventListener('pagehide', () => source.close(), { once: true });
  }

  function showRun(run) {
    const texts = progressTexts(run);
    for (const element of document.querySelectorAll('[data-place]')) setText(element, texts[element.dataset.place]);
    for (const badge of document.querySelectorAll('.badge[data-place=status]'))
      badge.dataset.tone = toneOf(statusOf(run));
    showBar(barOf(run));
    showWhen(section.querySelector('time'), run.progress?.at);
    showWhen(document.querySelector('#last-sign time'), run.updatedAt);
    speak(spokenProgress(run));
  }

  async function end(run) {
    showRun(run);
    speak(`The run has ended: ${statusOf(run)}`, { now: true });
    const isReplaced = await replaceMain();
    if (isReplaced) return replaced();
    setText(document.getElementById('connection'), 'The run has ended. Load the page again to see how.');
    document.getElementById('connection').hidden = false;
  }

  function showBar({ max, value }) {
    const bar = document.getElementById('bar');
    if (bar === null) return;
    bar.max = max;
    if (value === undefined) bar.removeAttribute('value');
    else bar.value = value;
  }

  function showWhen(element, iso) {
    if (element === null || iso === undefined) return;
    element.dateTime = iso;
    showTimes(element.parentElement);
  }

  function showConnection(isThere) {
    document.getElementById('connection').hidden = isThere;
    if (!isThere) speak('The connection is lost, reconnecting');
  }
}

function setText(element, text = '') {
  if (element.textContent !== text) element.textContent = text;
}

/** Says the newest of what it is given, not more often than a listener can bear. */
function speaker(element) {
  let spokenAt = -speakEveryMs;
  let next = '';
  let timer;
  const say = () => {
    timer = undefined;
    spokenAt = performance.now();
    setText(element, next);
  };
  return (text, { now = false } = {}) => {
    next = text;
    clearTimeout(timer);
    const waitMs = spokenAt + speakEveryMs - performance.now();
    if (now || waitMs <= 0) say();
    else timer = setTimeout(say, waitMs);
  };
}
