/**
 * Claims of this process that wait. A step that brings them work serves them before it commits: one transaction
 * instead of two, and no second look at the store.
 */

import type { Claim, ClaimRequest } from "@jobyard/core/adapter";
import { claimNow } from "./claim.ts";
import type { Step } from "./step.ts";

interface Waiter {
  readonly request: ClaimRequest;
  readonly onServed: (claim: Claim) => void;
}

const NOBODY: readonly (() => void)[] = [];

export class WaitingRoom {
  readonly #waiters = new Set<Waiter>();

  /**
   * @param onServed - called at most once, after the commit; a claim that was made is the caller's even if it has
   *   left in the meantime
   * @returns what leaves the room
   */
  enter(request: ClaimRequest, onServed: (claim: Claim) => void): () => void {
    const waiter: Waiter = { request, onServed };
    this.#waiters.add(waiter);
    return () => this.#waiters.delete(waiter);
  }

  /**
   * To be called at the end of a step.
   *
   * @returns what is to be called as soon as the step is committed; before that nobody has been served
   */
  serve(step: Step): readonly (() => void)[] {
    if (step.offered.size === 0 || this.#waiters.size === 0) return NOBODY;
    const answers: (() => void)[] = [];
    for (const waiter of this.#waiters) {
      if (!waiter.request.queues.some(({ queue }) => step.offered.has(queue))) continue;
      const claim = claimNow(step, waiter.request, "again");
      if (claim.jobs.length === 0) continue;
      answers.push(() => {
        this.#waiters.delete(waiter);
        waiter.onServed(claim);
      });
    }
    return answers;
  }
}
