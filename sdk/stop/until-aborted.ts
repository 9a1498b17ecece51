/** Waits for `promise`, but no longer than until the signal fires: then rejects with its reason. */
export async function untilAborted<TResult>(promise: Promise<TResult>, signal: AbortSignal): Promise<TResult> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
