/**
 * Runs last words when this process exits without disposing (process.exit, an uncaught error): they kill children.
 * Synchronous, as everything at exit. SIGKILL of this process runs nothing; see dynalite-server.ts for that.
 * Installs no signal handlers: SIGINT and SIGTERM belong to the caller.
 */
const lastWords = new Set<() => void>();

/** Calls `kill` if the process exits before the guard is disposed. */
export function guardExit(kill: () => void): Disposable {
  if (lastWords.size === 0) process.on('exit', speak);
  lastWords.add(kill);
  return {
    [Symbol.dispose]() {
      lastWords.delete(kill);
      if (lastWords.size === 0) process.off('exit', speak);
    },
  };
}

function speak(): void {
  for (const kill of lastWords) kill();
}
