import type { QueueInfo } from "@jobyard/core";
import { Pause } from "lucide-react";
import type { ReactNode } from "react";

export function PausedBadge({ paused }: { readonly paused: NonNullable<QueueInfo["paused"]> }): ReactNode {
  return (
    <span
      title={`By ${paused.by}${paused.reason === null ? "" : `: ${paused.reason}`}`}
      className="inline-flex items-center gap-1 whitespace-nowrap rounded-full border border-current/30 px-2 font-medium text-paused text-xs leading-5 tracking-normal"
    >
      <Pause aria-hidden className="size-3" strokeWidth={2.5} /> paused
    </span>
  );
}
