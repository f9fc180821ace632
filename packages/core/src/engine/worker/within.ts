/** Waiting with an end: for some time, or until somebody says that it is enough. Either way the work itself goes on. */

import type { Ports } from "../../nouns/ports.ts";

export async function within({ sleep }: Ports, ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, sleep(ms, done.signal)]);
  done.abort();
}

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
