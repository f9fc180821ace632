import type { ReactNode } from "react";

/** Three tracks of a yard, one of them with a job on it. */
export function Brand(): ReactNode {
  return (
    <span className="inline-flex items-center gap-2 font-semibold text-base tracking-tight">
      <svg viewBox="0 0 32 32" aria-hidden="true" className="size-6">
        <rect width="32" height="32" rx="8" className="fill-ink" />
        <path d="M8 10h16M8 16h10M8 22h13" className="stroke-on-ink" strokeWidth="3" strokeLinecap="round" />
        <circle cx="23.5" cy="16" r="2.4" className="fill-completed" />
      </svg>
      Jobyard
    </span>
  );
}
