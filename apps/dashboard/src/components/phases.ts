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
  /** The same colour as a fill. */
  readonly fill: string;
}

export const PHASE_LOOKS: Readonly<Record<Phase, PhaseLook>> = {
  waiting: { icon: Circle, color: "text-waiting", fill: "bg-waiting" },
  scheduled: { icon: Clock, color: "text-scheduled", fill: "bg-scheduled" },
  retrying: { icon: RotateCw, color: "text-retrying", fill: "bg-retrying" },
  blocked: { icon: Hourglass, color: "text-blocked", fill: "bg-blocked" },
  active: { icon: CircleDashed, color: "text-active", fill: "bg-active" },
  stale: { icon: Flag, color: "text-stale", fill: "bg-stale" },
  completed: { icon: CircleCheck, color: "text-completed", fill: "bg-completed" },
  dead: { icon: CircleX, color: "text-dead", fill: "bg-dead" },
  cancelled: { icon: Ban, color: "text-cancelled", fill: "bg-cancelled" },
};

/** As a word that begins a line. */
export const titleOf = (phase: string): string => phase.charAt(0).toUpperCase() + phase.slice(1);
