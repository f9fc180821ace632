/** Ctrl+C as a wish: the first one ends long work at its next good place, the second one the process. */

/**
 * @param work - is given a signal that aborts when somebody wants it to end
 * @param signals - not SIGHUP, unless nobody would start the work with `nohup`
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"],
): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  try {
    return await work(stop.signal);
  } finally {
    for (const name of signals) process.removeListener(name, onSignal);
  }
}
