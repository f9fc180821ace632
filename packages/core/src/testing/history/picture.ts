/** What each move changes of a job, as the adapter's guide says it, as far as an event tells it. */

import type { JobEvent } from "../../nouns/job.ts";
import { type CancelReason, isFinal, type Move, type State } from "../../nouns/lifecycle.ts";

/** The job between two events. `unknown`: the last event leaves it open. */
export interface Picture {
  readonly state: State;
  readonly removed: boolean;
  readonly reason: CancelReason | null;
  readonly attempt: number | "unknown";
  readonly rescues: number | "unknown";
  readonly heldLimit: number | null | "unknown";
  readonly epoch: number;
  /** Of the lease that is held: with it pending, no end but a final one is possible. */
  readonly cancelRequested: boolean;
  /** Rescues of this generation (since the enqueue or the last requeue) that were charged in full. */
  readonly charged: number;
  /** What a revert would bring back. */
  readonly before: Picture | null;
}

/** What events of our own kinds carry, as far as it is read here. */
export interface EventData {
  readonly worker?: string;
  readonly attempt?: number;
  readonly to?: State;
  readonly charged?: boolean;
  readonly heldLimit?: number | null;
  readonly reason?: CancelReason;
}

/** @throws SyntaxError if the event's data is not JSON */
export const dataOf = ({ data }: JobEvent): EventData => (data === null ? {} : (JSON.parse(data) as EventData));

/** A job that was just accepted. */
export const newborn = (state: "waiting" | "blocked"): Picture => ({
  state,
  removed: false,
  reason: null,
  attempt: 0,
  rescues: 0,
  heldLimit: null,
  epoch: 0,
  cancelRequested: false,
  charged: 0,
  before: null,
});

/** The job after the move. Whether the move was allowed is not asked here. */
export const afterMove = (picture: Picture, move: Move, data: EventData): Picture => ({
  ...picture,
  ...CHANGES[move](picture, data),
});

type Change = (picture: Picture, data: EventData) => Partial<Picture>;

const cancelled =
  (reason: CancelReason): Change =>
  () => ({ state: "cancelled", reason });
const unchanged: Change = () => ({});

const CHANGES: Readonly<Record<Move, Change>> = {
  enqueue: unchanged,
  claim: ({ attempt }) => ({ state: "active", attempt: plus(attempt, 1) }),
  complete: () => ({ state: "completed", heldLimit: null }),
  retry: ({ epoch }) => ({ state: "waiting", heldLimit: null, epoch: epoch + 1 }),
  bury: () => ({ state: "dead", heldLimit: null }),
  // A release that met a cancel became this, and kept its limit.
  stop: (_, { reason = null }) => ({ state: "cancelled", reason, heldLimit: "unknown" }),
  release: ({ attempt, epoch }) => ({ state: "waiting", attempt: plus(attempt, -1), epoch: epoch + 1 }),
  rescue,
  // Of a retry, a release or a rescue: the event does not say which.
  yield: () => ({
    state: "cancelled",
    reason: "duplicate",
    attempt: "unknown",
    rescues: "unknown",
    heldLimit: "unknown",
  }),
  unblock: () => ({ state: "waiting" }),
  "fail-dependency": cancelled("dependency"),
  expire: cancelled("expired"),
  replace: cancelled("replaced"),
  cancel: ({ state }) => (state === "active" ? { cancelRequested: true } : { state: "cancelled", reason: "user" }),
  park: () => ({ state: "stale" }),
  requeue: (picture) => ({ ...newborn("waiting"), epoch: picture.epoch, before: picture }),
  promote: unchanged,
  reschedule: unchanged,
  reprioritise: unchanged,
  edit: unchanged,
  revert: ({ before }) => before ?? {},
  remove: () => ({ removed: true }),
  restore: () => ({ removed: false }),
};

function rescue(picture: Picture, data: EventData): Partial<Picture> {
  const { to = "waiting", charged = false, heldLimit = null, reason = null } = data;
  return {
    state: to,
    reason,
    heldLimit,
    attempt: charged || picture.cancelRequested ? picture.attempt : plus(picture.attempt, -1),
    rescues: plus(picture.rescues, 1),
    charged: picture.charged + (charged ? 1 : 0),
    epoch: isFinal(to) ? picture.epoch : picture.epoch + 1,
  };
}

const plus = (n: Picture["attempt"], by: number): Picture["attempt"] => (n === "unknown" ? n : n + by);
