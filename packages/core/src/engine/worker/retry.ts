/** How the engine itself keeps trying when the store is away, and how it does things over and over. */

import { backoffMs } from "../../decisions/backoff.ts";
import type { Ports } from "../../nouns/ports.ts";

const STORE_BACKOFF = { type: "exponential", delayMs: 100, maxDelayMs: 5_000, jitter: 0.5 } as const;

/** @param failures - in a row, 1 or more */
export const storeRetryMs = (failures: number, ports: Ports): number =>
  backoffMs(STORE_BACKOFF, failures, ports.random());

export interface Repeated {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Give or take a fifth, so that many workers do not come at once. */
  readonly everyMs: number;
  readonly doing: string;
  readonly report: (error: unknown, doing: string) => void;
}

/** At once and then again and again until the signal aborts. What fails is reported, and tried again next time. */
export async function repeat(
  { ports, signal, everyMs, doing, report }: Repeated,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: unknown) => report(error, doing));
    await ports.sleep(everyMs * (0.8 + 0.4 * ports.random()), signal);
  }
}
