/**
 * A claim that waits for work: until something is offered in its queues, a job becomes due, or nobody wants it any
 * more. While it sleeps it holds no connection.
 */

import type { Claim, ClaimRequest } from "@jobyard/core/adapter";
import { claimNow, type Look } from "./claim.ts";
import type { Store } from "./store.ts";

export async function claim(store: Store, request: ClaimRequest): Promise<Claim> {
  if (request.waitMs <= 0) return attempt(store, request, "first");
  // Before the first look, so that nothing can come between it and the sleep.
  const alarm = new Alarm(store, request);
  try {
    return await claimWhenWoken(store, request, alarm);
  } finally {
    alarm.close();
  }
}

async function claimWhenWoken(store: Store, request: ClaimRequest, alarm: Alarm): Promise<Claim> {
  const end = store.ports.monotonic() + request.waitMs;
  for (let look: Look = "first"; ; look = "again") {
    const answer = await attempt(store, request, look);
    const leftMs = end - store.ports.monotonic();
    if (answer.jobs.length > 0 || leftMs <= 0 || isOver(store, request)) return answer;
    const untilDueMs = answer.nextDueAt === null ? leftMs : answer.nextDueAt - answer.now;
    await alarm.sleep(Math.min(leftMs, untilDueMs, store.wake.pollMs));
    if (isOver(store, request)) return answer;
  }
}

const attempt = (store: Store, request: ClaimRequest, look: Look): Promise<Claim> =>
  store.call((call) => claimNow(call, request, look));

const isOver = (store: Store, { signal }: ClaimRequest): boolean => signal?.aborted === true || store.isClosed();

/**
 * Rings when something was offered in the queues of the request, also while nobody sleeps; and when the waiting ends.
 * One listener per source for the whole wait: a combined signal per sleep would leave a trace at each of them.
 */
class Alarm {
  readonly #store: Store;
  readonly #endings: readonly AbortSignal[];
  readonly #leave: () => void;
  /** With a reason: without one each ring would make an exception with its stack. */
  readonly #ring = (): void => this.#rung.abort("rung");
  #rung = new AbortController();

  constructor(store: Store, { queues, signal }: ClaimRequest) {
    this.#store = store;
    this.#endings = signal ? [store.wake.closed, signal] : [store.wake.closed];
    for (const ending of this.#endings) ending.addEventListener("abort", this.#ring);
    this.#leave = store.wake.wait(new Set(queues.map(({ queue }) => queue)), this.#ring);
  }

  async sleep(ms: number): Promise<void> {
    await this.#store.ports.sleep(ms, this.#rung.signal);
    if (this.#rung.signal.aborted) this.#rung = new AbortController();
  }

  close(): void {
    this.#leave();
    for (const ending of this.#endings) ending.removeEventListener("abort", this.#ring);
  }
}
