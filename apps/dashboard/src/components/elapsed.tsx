"use client";

import type { ReactNode } from "react";
import { printDuration } from "@/lib/format";
import { useNow } from "./now";

/** How long from one instant to another, or until now while it has not ended. */
export function Elapsed({ from, to }: { readonly from: number; readonly to: number | null }): ReactNode {
  const now = useNow();
  return <span className="whitespace-nowrap">{printDuration((to ?? now) - from)}</span>;
}
