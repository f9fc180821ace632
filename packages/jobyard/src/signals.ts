/** How a process is asked to end. */

/**
 * Resolves at the first SIGTERM or SIGINT, with its name: time to call `worker.stop()`. The second one ends
 * the process at once, with exit code 1; what it held is rescued when its lease is over.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve(signal);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}
