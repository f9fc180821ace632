/** A claim that waits for work: until something changes in its queues, a job becomes due, or nobody wants it any more. */

import type { Claim, ClaimRequest, Hint } from "@jobyard/core/adapter";
import { claimNow, idleClaim, type Look } from "./claim.ts";
import type { Store } from "./store.ts";

export async function claim(store: Store, request: ClaimRequest): Promise<Claim> {
  const end = store.ports.monotonic() + request.waitMs;
  const first = await attempt(store, request, "first");
  if (first.jobs.length > 0 || request.waitMs <= 0 || request.signal?.aborted || store.isClosed()) return first;
  const alarm = new Alarm(store, request);
  try {
    return await claimWhenWoken(store, request, alarm, end);
  } finally {
    alarm.close();
  }
}

async function claimWhenWoken(store: Store, request: ClaimRequest, alarm: Alarm, end: number): Promise<Claim> {
  for (;;) {
    const answer = await attempt(store, request, "again");
    const leftMs = end - store.ports.monotonic();
    if (answer.jobs.length > 0 || leftMs <= 0) return answer;
    const served = await alarm.sleep(
      answer.nextDueAt === null ? leftMs : Math.min(leftMs, answer.nextDueAt - answer.now),
    );
    if (served !== null) return served;
    if (request.signal?.aborted || store.isClosed()) return answer;
  }
}

/**
 * Looks first: a claim with nothing to find does not take the write lock from those who have something to write.
 */
async function attempt(store: Store, request: ClaimRequest, look: Look): Promise<Claim> {
  const idle = await store.read((view) => idleClaim(view, request, look));
  return idle ?? store.write((step) => claimNow(step, request, look));
}

/**
 * Rings when something changed in the queues of the request, also while nobody sleeps; and when the waiting ends.
 * One listener per source for the whole wait: a combined signal per sleep would leave a trace at each of them.
 */
class Alarm {
  readonly #store: Store;
  readonly #request: ClaimRequest;
  readonly #endings: readonly AbortSignal[];
  readonly #unwatch: () => void;
  /** With a reason: without one each ring would make an exception with its stack. */
  readonly #ring = (): void => this.#rung.abort("rung");
  #rung = new AbortController();

  constructor(store: Store, request: ClaimRequest) {
    const { queues, signal } = request;
    this.#store = store;
    this.#request = request;
    this.#endings = signal ? [store.wake.closed, signal] : [store.wake.closed];
    for (const ending of this.#endings) ending.addEventListener("abort", this.#ring);
    const isMine = (hint: Hint): boolean =>
      hint.queues === null || queues.some(({ queue }) => hint.queues?.includes(queue));
    this.#unwatch = store.wake.watch((hint) => {
      if (isMine(hint)) this.#ring();
    });
  }

  /** The claim, if a step of this process made it meanwhile. */
  async sleep(ms: number): Promise<Claim | null> {
    const store = this.#store;
    let served: Claim | null = null;
    const leave = store.waiting.enter(this.#request, (claim) => {
      served = claim;
      this.#ring();
    });
    await store.ports.sleep(ms, this.#rung.signal);
    leave();
    if (this.#rung.signal.aborted) this.#rung = new AbortController();
    return served;
  }

  close(): void {
    this.#unwatch();
    for (const ending of this.#endings) ending.removeEventListener("abort", this.#ring);
  }
}
