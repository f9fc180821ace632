import { Server } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState } from "@/components/empty-state";

export function NoWorkers(): ReactNode {
  return (
    <EmptyState icon={Server} title="No worker is connected">
      Jobs wait until one is. Start one with <code className="font-mono">npx jobyard work ./jobs.ts</code> or{" "}
      <code className="font-mono">yard.worker(…).start()</code>.
    </EmptyState>
  );
}
