/** The moves that the dashboard offers: their words, and from where `MOVES` lets each leave. */

import { mayMove, PHASES, type Phase, type State } from "@jobyard/core";
import { Ban, FastForward, type LucideIcon, RotateCcw, Trash2 } from "lucide-react";
import type { OfferedMove, Permission } from "@/server/permissions";

export interface MoveLook {
  readonly label: string;
  /** "3 jobs requeued". */
  readonly past: string;
  readonly icon: LucideIcon;
  readonly permission: Permission;
  /** What it does, for the question before it. */
  readonly about: string;
  /** The move that takes it back. */
  readonly undo: "revert" | "restore" | null;
}

export const MOVE_LOOKS: Readonly<Record<OfferedMove, MoveLook>> = {
  requeue: {
    label: "Requeue",
    past: "requeued",
    icon: RotateCcw,
    permission: "job.requeue",
    about: "They wait again with all their attempts. Errors and history stay.",
    undo: "revert",
  },
  promote: {
    label: "Run now",
    past: "made due",
    icon: FastForward,
    permission: "job.promote",
    about: "Those whose time is ahead become due at once.",
    undo: null,
  },
  cancel: {
    label: "Cancel",
    past: "cancelled",
    icon: Ban,
    permission: "job.cancel",
    about: "Waiting jobs are cancelled; running ones are asked to stop. A cancelled job can be requeued.",
    undo: null,
  },
  remove: {
    label: "Delete",
    past: "deleted",
    icon: Trash2,
    permission: "job.delete",
    about: "They are gone with their events. For 24 hours they can be restored.",
    undo: "restore",
  },
};
export const OFFERED_MOVES: readonly OfferedMove[] = ["requeue", "promote", "cancel", "remove"];

const stateOf = (phase: Phase): State => (phase === "scheduled" || phase === "retrying" ? "waiting" : phase);

/** True if the move does something to a job of this phase. */
export function canMove(move: OfferedMove, phase: Phase): boolean {
  if (move === "promote") return phase === "scheduled" || phase === "retrying";
  return mayMove(move, stateOf(phase));
}

/** Why a job of this phase cannot be moved so; `null` if it can. */
export function moveRefusal(move: OfferedMove, phase: Phase): string | null {
  if (canMove(move, phase)) return null;
  if (move === "remove") return "A running job cannot be deleted. Cancel it first.";
  const from = PHASES.filter((other) => canMove(move, other)).join(", ");
  return `A ${phase} job cannot be ${MOVE_LOOKS[move].past}: only ${from}.`;
}
