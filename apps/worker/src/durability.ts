/** What the store keeps when its machine crashes, for a probe to tell: where a server decides that, it may change. */

import { type Diagnosis, isQueueError, systemPorts } from "@jobyard/core";
import type { Adapter } from "@jobyard/core/adapter";

/** Stores whose server decides, and what their examination calls it. The others keep what their URL says. */
const DECIDED_BY_SERVER: ReadonlyMap<string, string> = new Map([["redis", "REDIS_DURABILITY"]]);

/** A probe comes every few seconds, and an examination is no small question. */
const LOOK_AGAIN_MS = 60_000;

export type DurabilityReport = Pick<Diagnosis, "level" | "text" | "fix">;

/** Looks at once, and again when it is asked a minute later. */
export class Durability {
  readonly #adapter: Adapter;
  readonly #code: string | undefined;
  #told: DurabilityReport | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
    this.#code = DECIDED_BY_SERVER.get(adapter.name);
    this.report();
  }

  /** What was seen last; `null` if nothing was yet, or there is nothing to be told of such a store. */
  report(): DurabilityReport | null {
    if (this.#code === undefined) return null;
    if (systemPorts.monotonic() - this.#lookedAt > LOOK_AGAIN_MS) void this.#look(this.#code);
    return this.#told;
  }

  async #look(code: string): Promise<void> {
    this.#lookedAt = systemPorts.monotonic();
    try {
      const found = (await this.#adapter.examine()).find((one) => one.code === code);
      this.#told = found === undefined ? null : reportOf(found);
    } catch (error) {
      if (!isQueueError(error)) throw error;
      // The store does not answer, which readiness tells by itself.
      this.#told = null;
      this.#lookedAt = Number.NEGATIVE_INFINITY;
    }
  }
}

const reportOf = ({ level, text, fix }: Diagnosis): DurabilityReport => ({
  level,
  text,
  ...(fix !== undefined && { fix }),
});
