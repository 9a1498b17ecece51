/**
 * What the pages can do beyond their HTML. They work without it, but for what goes on by itself.
 *
 * Guarantees: what comes from a run is put in as text, never as HTML; a page that is put in place of another comes from this server.
 */
import { openDialogs } from './dialogs.js';
import { watchRun } from './live-run.js';
import { moveByArrows } from './move-by-arrows.js';
import { followSelection, showSelection } from './selection.js';
import { keepTimes, showTimes } from './times.js';

/** Of what a page has in it; again when its content was replaced. */
function begin() {
  showTimes();
  showSelection();
  watchRun({ replaced: begin });
}

openDialogs();
followSelection();
moveByArrows();
keepTimes();
begin();
