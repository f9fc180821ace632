/** The ends of calls: all have the same time, so one timer watches the oldest. */

import type { Ports } from "@jobyard/core/adapter";

export interface Limit {
  readonly isOver: boolean;
  /** The call is over first. */
  clear(): void;
}

export class Limits {
  readonly #ports: Ports;
  readonly #ms: number;
  /** The oldest first. */
  readonly #running = new Set<Running>();
  readonly #stop = new AbortController();
  #isWatching = false;

  constructor(ports: Ports, ms: number) {
    this.#ports = ports;
    this.#ms = ms;
  }

  /** @param onOver - called once, when the time is over */
  begin(onOver: () => void): Limit {
    const limit = new Running(this.#running, this.#ports.monotonic() + this.#ms, onOver);
    this.#running.add(limit);
    if (!this.#isWatching) void this.#watch();
    return limit;
  }

  /** Nothing is watched any more. */
  close(): void {
    this.#stop.abort("closed");
  }

  /** Ends by itself when it finds nothing that runs. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    for (const { signal } = this.#stop; !signal.aborted; ) {
      const [oldest] = this.#running;
      if (oldest === undefined) break;
      const leftMs = oldest.end - this.#ports.monotonic();
      if (leftMs <= 0) oldest.over();
      else await this.#ports.sleep(leftMs, signal);
    }
    this.#isWatching = false;
  }
}

class Running implements Limit {
  readonly end: number;
  readonly #all: Set<Running>;
  readonly #onOver: () => void;
  isOver = false;

  constructor(all: Set<Running>, end: number, onOver: () => void) {
    this.#all = all;
    this.end = end;
    this.#onOver = onOver;
  }

  over(): void {
    this.clear();
    this.isOver = true;
    this.#onOver();
  }

  clear(): void {
    this.#all.delete(this);
  }
}
