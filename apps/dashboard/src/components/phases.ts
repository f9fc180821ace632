/** How a phase looks: a shape and a colour, always beside its word. */

import type { Phase } from "@jobyard/core";
import {
  Ban,
  Circle,
  CircleCheck,
  CircleDashed,
  CircleX,
  Clock,
  Flag,
  Hourglass,
  type LucideIcon,
  RotateCw,
} from "lucide-react";

export interface PhaseLook {
  readonly icon: LucideIcon;
  /** A colour of the text. */
  readonly color: string;
}

export const PHASE_LOOKS: Readonly<Record<Phase, PhaseLook>> = {
  waiting: { icon: Circle, color: "text-waiting" },
  scheduled: { icon: Clock, color: "text-scheduled" },
  retrying: { icon: RotateCw, color: "text-retrying" },
  blocked: { icon: Hourglass, color: "text-blocked" },
  active: { icon: CircleDashed, color: "text-active" },
  stale: { icon: Flag, color: "text-stale" },
  completed: { icon: CircleCheck, color: "text-completed" },
  dead: { icon: CircleX, color: "text-dead" },
  cancelled: { icon: Ban, color: "text-cancelled" },
};

/** As a word that begins a line. */
export const titleOf = (phase: string): string => phase.charAt(0).toUpperCase() + phase.slice(1);
