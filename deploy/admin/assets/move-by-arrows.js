/** Left, right, Home and End go from link to link in a row of them. Each can be reached with Tab as well. */

export function moveByArrows() {
  document.addEventListener('keydown', (event) => {
    const links = [...(event.target.closest?.('[data-arrows]')?.querySelectorAll('a') ?? [])];
    const at = links.indexOf(event.target);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: links.length - 1 }[event.key];
    if (at < 0 || links[to] === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    links[to].focus();
  });
}
