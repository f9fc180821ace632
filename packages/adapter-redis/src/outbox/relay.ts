/** The way from an outbox to its queue: over and over in the background, or once. */

import { backoffMs, checkKnown } from "@jobyard/core/adapter";
import { type CheckedRelay, checkedRelay, type Passed, Passes } from "./passes.ts";
import type { Relay, RelayOptions, RelayStatus, RelayTarget } from "./relay-surface.ts";
import type { OutboxTable } from "./table.ts";

const PAUSES = { type: "exponential", delayMs: 100, maxDelayMs: 10_000, jitter: 0.5 } as const;

/**
 * Relays from now on until it is stopped. Several at once, in one process or many, are safe; each keeps the order in
 * which jobs were written.
 *
 * A row is deleted only after the target has answered for its job. If a relay ends between the two, the job is sent
 * again under its own id, and is a duplicate.
 *
 * @throws QueueError `BAD_OPTION`, `BAD_DURATION`
 */
export function relay(outbox: { readonly table: OutboxTable }, target: RelayTarget, options: RelayOptions = {}): Relay {
  return new Relaying(checkedRelay(outbox, target, options));
}

/** What a call of `relayAll` did. */
export interface Relayed {
  readonly relayed: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Their jobs stayed in the outbox. */
  readonly fullQueues: readonly string[];
}

/**
 * Relays what is there now, and resolves when nothing is left but jobs of full queues: for a cron job, a function that
 * runs for a moment only, a test. There is no `poll` here.
 *
 * @throws QueueError `BAD_OPTION`; and why the target or the database failed
 */
export async function relayAll(
  outbox: { readonly table: OutboxTable },
  target: RelayTarget,
  options: Omit<RelayOptions, "poll"> = {},
): Promise<Relayed> {
  checkKnown(options, ["batch", "hooks", "ports"], "relayAll");
  const passes = new Passes(checkedRelay(outbox, target, options));
  const sum = { relayed: 0, duplicates: 0, refused: 0 };
  for (let hasMore = true; hasMore; ) {
    // A queue that was full once is left for another call.
    const passed = await passes.next(passes.full.names);
    add(sum, passed);
    if (passed.failure !== null) throw passed.failure.error;
    hasMore = passed.hasMore;
  }
  return { ...sum, fullQueues: passes.full.names };
}

class Relaying implements Relay {
  readonly #relay: CheckedRelay;
  readonly #passes: Passes;
  readonly #sum = { relayed: 0, duplicates: 0, refused: 0 };
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #state: RelayStatus["state"] = "running";
  #failures = 0;
  #lastError: unknown = null;
  /** Aborted to end the pause of a relay that has nothing to do; a new one with every pass. */
  #idle = new AbortController();

  constructor(relay: CheckedRelay) {
    this.#relay = relay;
    this.#passes = new Passes(relay);
    this.#ended = this.#run();
  }

  get status(): RelayStatus {
    return {
      ...this.#sum,
      state: this.#state,
      failures: this.#failures,
      lastError: this.#lastError,
      fullQueues: this.#passes.full.names,
    };
  }

  wake(): void {
    this.#idle.abort("woken");
  }

  stop(): Promise<void> {
    if (this.#state === "running") this.#state = "stopping";
    this.#stop.abort("stopped");
    return this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#idle = new AbortController();
      const passed = await this.#passes.next(this.#passes.full.resting());
      add(this.#sum, passed);
      await this.#pause(passed);
    }
    this.#state = "stopped";
  }

  /** After a failure nobody shortens it but `stop`: many who commit would make it a busy loop. */
  async #pause({ failure, hasMore }: Passed): Promise<void> {
    const { ports, pollMs } = this.#relay;
    if (failure !== null) {
      this.#failures += 1;
      this.#lastError = failure.error;
      return ports.sleep(backoffMs(PAUSES, this.#failures, ports.random()), this.#stop.signal);
    }
    this.#failures = 0;
    if (hasMore) return;
    const lookMs = pollMs * (0.8 + 0.4 * ports.random());
    const signal = AbortSignal.any([this.#idle.signal, this.#stop.signal]);
    await ports.sleep(Math.min(lookMs, this.#passes.full.restMs()), signal);
  }
}

function add(sum: { relayed: number; duplicates: number; refused: number }, passed: Passed): void {
  sum.relayed += passed.relayed;
  sum.duplicates += passed.duplicates;
  sum.refused += passed.refused;
}
