/** Questions that are asked in a dialog: the form of the button leads to a page that asks the same. */

export function openDialogs() {
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-dialog]');
    const dialog = button && document.getElementById(button.dataset.dialog);
    if (!dialog) return;
    event.preventDefault();
    dialog.showModal();
  });
  // A second click on a slow day must not start a second run.
  document.addEventListener('submit', ({ target, submitter }) => {
    if (target.method !== 'post') return;
    setTimeout(() => {
      if (submitter) submitter.disabled = true;
    });
  });
  // A page that comes back from the browser's memory is as it was left.
  addEventListener('pageshow', () => {
    for (const button of document.querySelectorAll('button:disabled')) button.disabled = false;
  });
}
