/**
 * One line at the bottom of a terminal that is drawn anew ten times a second, and what is written above it.
 *
 * Guarantees: it is no wider than the terminal; when it is cleared, disposed, or the process ends, nothing of it is left and
 * the cursor is shown again.
 */
import { SingleBar } from 'cli-progress';

/** What a terminal is written to; usually process.stderr. */
export type Terminal = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

/** What stands in the line, in so many columns at most. */
export type Render = (columns: number) => string;

export interface LiveLine extends Disposable {
  /** Undefined: nothing, and the cursor is where it was. */
  show(render: Render | undefined): void;
  /** Does what writes to the terminal, with the line out of its way. */
  aside(write: () => void): void;
}

export function openLiveLine(terminal: Terminal): LiveLine {
  let shown: Render | undefined;
  const bar = new SingleBar({
    // It asks for a whole stream and writes to it, no more.
    stream: terminal as NodeJS.WriteStream,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    fps: 10,
    // The last column stays free: some terminals wrap when it is written. Where nobody knows how many there are, it is 0.
    format: () => shown?.((terminal.columns || 80) - 1) ?? '',
  });
  const erase = () => bar.stop();
  const draw = () => {
    if (shown !== undefined) bar.start(1, 0);
  };
  // A second signal ends the process at once, and would leave the cursor hidden.
  process.on('exit', erase);
  return {
    show(render) {
      const isNew = shown === undefined;
      shown = render;
      if (render === undefined) erase();
      else if (isNew) draw();
    },
    // The line goes first: the library finds it again only in the line where it began, and wraps no line while it is there.
    aside(write) {
      erase();
      write();
      draw();
    },
    [Symbol.dispose]() {
      shown = undefined;
      erase();
      process.off('exit', erase);
    },
  };
}
