/**
 * Puts the page's content as the server has it now in the place of what is shown.
 *
 * Guarantees: what has the focus keeps it if it is still there, and what was opened stays open; scripts in the new content do not run.
 * Changes nothing when the page cannot be read, or is another one (a log-in that has expired).
 */

/** @returns whether it was replaced */
export async function replaceMain() {
  const page = await readPage();
  const fresh = page?.getElementById('main');
  if (!fresh) return false;
  const main = document.getElementById('main');
  const focused = main.contains(document.activeElement) ? document.activeElement : undefined;
  const opened = [...main.querySelectorAll('details[open][id]')].map(({ id }) => id);
  // It was said when the page was loaded, and would be read out a second time.
  fresh.querySelector('.notice')?.remove();
  main.replaceChildren(...fresh.childNodes);
  document.title = page.title;
  for (const id of opened) document.getElementById(id)?.setAttribute('open', '');
  if (focused !== undefined) focusAgain(focused, main);
  return true;
}

async function readPage() {
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
    const isThere = new URL(response.url).pathname === location.pathname;
    if (!response.ok || !isThere) return undefined;
    return new DOMParser().parseFromString(await response.text(), 'text/html');
  } catch {
    return undefined;
  }
}

function focusAgain(focused, main) {
  const same =
    focused.id === ''
      ? [...main.querySelectorAll(focused.localName)].find(({ outerHTML }) => outerHTML === focused.outerHTML)
      : document.getElementById(focused.id);
  // A button that is gone with the run's end leaves its reader here, not at the top of the window.
  (same ?? main).focus({ preventScroll: true });
}
