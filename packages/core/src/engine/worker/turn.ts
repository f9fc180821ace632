/** One leased job in the hands of a worker: where it stands, and the signal of its handler if one was asked for. */

import type { LeasedJob } from "../../contract/adapter.ts";
import type { Outcome } from "../../decisions/decide.ts";
import type { BoundJob, RunningJob } from "../../nouns/definition.ts";
import type { JsonText } from "../../nouns/job.ts";
import type { HookJob } from "../surface.ts";
import type { HookLane } from "./hooks.ts";
import type { Line } from "./line.ts";

/** Why a handler was told to stop. */
export type Abort = "lost" | "cancelled" | "stopping" | "timeout";

export class Turn implements HookLane {
  readonly leased: LeasedJob;
  readonly bound: BoundJob;
  readonly line: Line;
  /** `over`: its outcome is known; whatever the handler still does is ignored. */
  stage: "unstarted" | "running" | "over" = "unstarted";
  /** As the handler sees it; `null` until it starts. */
  job: RunningJob<unknown> | null = null;
  /** Monotonic. */
  startedAt = 0;
  /** To the microsecond. */
  tookMs = 0;
  aborted: Abort | null = null;
  /** What the handler asked for by `snooze` or `cancel`; it holds even if the handler catches what they throw. */
  asked: Outcome | null = null;
  /** The last entry that is still on its way to the store. */
  lastEntry: Promise<unknown> | null = null;
  /** Its result, if the handler completed the job within its own transaction; whether that was committed shows later. */
  completedInTx: { readonly result: JsonText | null } | null = null;
  hooks: Promise<void> | null = null;
  #controller: AbortController | null = null;
  #reason: unknown = null;

  constructor(leased: LeasedJob, bound: BoundJob, line: Line) {
    this.leased = leased;
    this.bound = bound;
    this.line = line;
  }

  /** Made when first asked for: most handlers never look. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.aborted !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** The first reason stays. */
  abort(why: Abort, reason: unknown): void {
    if (this.aborted !== null) return;
    this.aborted = why;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** True if this is what the handler was aborted with, thrown on. */
  isAbortReason(error: unknown): boolean {
    return this.aborted !== null && error === this.#reason;
  }

  toHookJob(): HookJob {
    const { lease, name, attempt, maxAttempts } = this.leased;
    return { queue: lease.ref.queue, id: lease.ref.id, name, attempt, maxAttempts };
  }
}

/** What `fetch` and its like are aborted with, so that they throw it on. */
export const abortError = (message: string): Error => new DOMException(message, "AbortError");
