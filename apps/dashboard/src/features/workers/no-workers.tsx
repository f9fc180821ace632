import { Server } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState } from "@/components/empty-state";

/** @param props.queue - only this one lacks a worker; without it: there is none at all */
export function NoWorkers({ queue }: { readonly queue?: string }): ReactNode {
  return (
    <EmptyState icon={Server} title={queue === undefined ? "No worker is connected" : `No worker serves ${queue}`}>
      Jobs wait until one is. Start one with <code className="font-mono">npx jobyard work ./jobs.ts</code> or{" "}
      <code className="font-mono">yard.worker(…).start()</code>.
    </EmptyState>
  );
}
