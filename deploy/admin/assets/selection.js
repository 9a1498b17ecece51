/** All boxes of a list at once, and how many are ticked. */

export function followSelection() {
  document.addEventListener('change', ({ target }) => {
    const form = target.form;
    if (!form?.matches('[data-selection]')) return;
    if (target.matches('[data-select-all]')) {
      for (const box of boxesOf(form)) box.checked = target.checked;
    }
    showSelection();
  });
}

export function showSelection() {
  for (const element of document.querySelectorAll('[data-scripted]')) element.hidden = false;
  for (const form of document.querySelectorAll('[data-selection]')) {
    const boxes = boxesOf(form);
    const ticked = boxes.filter(({ checked }) => checked).length;
    const all = form.querySelector('[data-select-all]');
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    form.querySelector('[data-selected]').textContent = ticked === 0 ? '' : ` (${ticked})`;
  }
}

function boxesOf(form) {
  return [...form.querySelectorAll('input[name=keys]')];
}
