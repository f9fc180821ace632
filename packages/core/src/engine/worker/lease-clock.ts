/**
 * How long the session's leases last, on a clock that never jumps, and what the server's clock says meanwhile.
 *
 * A renewal counts from when it was sent: the store's own deadline is later by the way there, never earlier.
 */

import type { Instant } from "../../nouns/job.ts";
import type { Ports } from "../../nouns/ports.ts";

export interface LeaseClock {
  /** The store answered a call that was sent then, by its clock `serverNow`. */
  contact(serverNow: Instant): void;
  /** The store moved the session's deadline, in answer to a call sent at `sentAt` (monotonic). */
  renewed(sentAt: number): void;
  /** Monotonic. Nothing that is held may run on after this. */
  readonly validUntil: number;
  /** Monotonic; `null` if the store never answered. */
  readonly lastContactAt: number | null;
  /** Never ahead of the server's clock, behind it by the way of the last answer. */
  serverNow(): Instant;
}

export function createLeaseClock(ports: Ports, leaseMs: number): LeaseClock {
  let validUntil = Number.NEGATIVE_INFINITY;
  let lastContactAt: number | null = null;
  let lead = Number.NEGATIVE_INFINITY;
  return {
    contact: (serverNow) => {
      lastContactAt = ports.monotonic();
      lead = serverNow - lastContactAt;
    },
    renewed: (sentAt) => {
      validUntil = Math.max(validUntil, sentAt + leaseMs);
    },
    get validUntil() {
      return validUntil;
    },
    get lastContactAt() {
      return lastContactAt;
    },
    serverNow: () => Math.floor(ports.monotonic() + lead),
  };
}
