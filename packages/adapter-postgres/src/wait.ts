/**
 * A claim that waits for work: until something is offered in its queues, a job becomes due, or nobody wants it any
 * more. While it sleeps it holds no connection.
 */

import type { Claim, ClaimRequest } from "@jobyard/core/adapter";
import { claimNow, type Look } from "./claim.ts";
import type { Store } from "./store.ts";
import type { Service, Waiter } from "./wake.ts";

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
    const served = await alarm.sleep(Math.min(leftMs, untilDueMs, store.wake.pollMs));
    if (served !== null && served.jobs.length > 0) return served;
    if (isOver(store, request)) return answer;
  }
}

const attempt = (store: Store, request: ClaimRequest, look: Look): Promise<Claim> =>
  store.call((call) => claimNow(call, request, look, store.fronts));

const isOver = (store: Store, { signal }: ClaimRequest): boolean => signal?.aborted === true || store.isClosed();

/**
 * Rings when something was offered in the queues of the request, also while nobody sleeps; and when the waiting ends.
 * One listener per source for the whole wait: a combined signal per sleep would leave a trace at each of them.
 */
class Alarm implements Waiter {
  readonly queues: ReadonlySet<string>;
  readonly #store: Store;
  readonly #request: ClaimRequest;
  readonly #endings: readonly AbortSignal[];
  readonly #leave: () => void;
  #rung = new AbortController();
  #isAsleep = false;
  #served: Promise<Claim | null> | null = null;

  constructor(store: Store, request: ClaimRequest) {
    const { queues, signal } = request;
    this.queues = new Set(queues.map(({ queue }) => queue));
    this.#store = store;
    this.#request = request;
    this.#endings = signal ? [store.wake.closed, signal] : [store.wake.closed];
    for (const ending of this.#endings) ending.addEventListener("abort", this.ring);
    this.#leave = store.wake.wait(this);
  }

  /** With a reason: without one each ring would make an exception with its stack. */
  readonly ring = (): void => this.#rung.abort("rung");

  beServed(): Service | null {
    if (!this.#isAsleep || this.#served !== null) return null;
    const { promise, resolve, reject } = Promise.withResolvers<Claim | null>();
    this.#served = promise;
    // Who sleeps asks for it later, and may not any more when it fails.
    promise.catch(() => {});
    const wakeUp = (end: () => void): void => {
      end();
      this.ring();
    };
    return {
      request: this.#request,
      give: (claim) => wakeUp(() => resolve(claim)),
      withdraw: () => wakeUp(() => resolve(null)),
      fail: (error) => wakeUp(() => reject(error)),
    };
  }

  /** @returns what was claimed meanwhile, if somebody did that; null: look again */
  async sleep(ms: number): Promise<Claim | null> {
    this.#isAsleep = true;
    await this.#store.ports.sleep(ms, this.#rung.signal);
    this.#isAsleep = false;
    const served = await this.#served;
    this.#served = null;
    if (this.#rung.signal.aborted) this.#rung = new AbortController();
    return served;
  }

  close(): void {
    this.#leave();
    for (const ending of this.#endings) ending.removeEventListener("abort", this.ring);
  }
}
