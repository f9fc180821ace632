/** Waiting with an end: for some time, or until somebody says that it is enough. Either way the work itself goes on. */

import type { Ports } from "../../nouns/ports.ts";

export async function within({ sleep }: Ports, ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, sleep(ms, done.signal)]);
  done.abort();
}

/** What the work comes to; `undefined` if the signal aborts before that. */
export const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const enough = (): void => resolve(undefined);
    if (signal.aborted) enough();
    else signal.addEventListener("abort", enough, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", enough));
  });
