/** Times in the viewer's zone, with UTC to be pointed at; or all in UTC, which the viewer's browser remembers. */
import { formatNear, formatUtc, formatZoned } from './format.js';

const remembered = 'stint-times-in-utc';
const everyMs = 20_000;

export function showTimes(root = document) {
  const now = Date.now();
  for (const element of root.querySelectorAll('time[datetime]')) showTime(element, now);
  for (const element of root.querySelectorAll('[data-hint]')) {
    const time = Date.parse(element.querySelector('time').dateTime);
    element.title = `${element.dataset.hint}, ${isUtc() ? formatUtc(new Date(time).toISOString()) : formatZoned(time)}`;
  }
}

export function keepTimes() {
  setInterval(() => {
    if (!document.hidden) showTimes();
  }, everyMs);
  document.addEventListener('visibilitychange', () => showTimes());
  const button = document.querySelector('[data-zone-switch]');
  if (button === null) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    remember(!isUtc());
    sayZone(button);
    showTimes();
  });
  sayZone(button);
}

function showTime(element, now) {
  const time = Date.parse(element.dateTime);
  if (Number.isNaN(time)) return;
  const utc = formatUtc(new Date(time).toISOString());
  const text = isUtc() ? utc : formatNear(time, now);
  // Untouched if it says so already: what is selected stays selected.
  if (element.textContent !== text) element.textContent = text;
  const hint = isUtc() ? formatNear(time, now) : `${formatZoned(time)} = ${utc}`;
  if (element.title !== hint) element.title = hint;
}

function sayZone(button) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  document.querySelector('[data-zone]').textContent = `Times are in ${isUtc() ? 'UTC' : zone}.`;
  button.textContent = isUtc() ? `Show ${zone}` : 'Show UTC';
  // There is nothing to choose then.
  button.hidden = zone === 'UTC';
}

let inUtc;

function isUtc() {
  inUtc ??= read();
  return inUtc;
}

function read() {
  try {
    return localStorage.getItem(remembered) === 'yes';
  } catch {
    // A browser that may not store anything.
    return false;
  }
}

function remember(value) {
  inUtc = value;
  try {
    localStorage.setItem(remembered, value ? 'yes' : 'no');
  } catch {
    // It holds for this page, then.
  }
}
