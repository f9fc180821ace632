import type { ReactNode } from "react";
import { DefinitionList } from "@/components/definition-list";
import { printDuration } from "@/lib/format";
import type { JobDetail } from "./job-detail";

/** What was asked for when the job was enqueued. */
export function JobOptions({ job }: { readonly job: JobDetail }): ReactNode {
  return (
    <div className="p-4">
      <DefinitionList
        entries={[
          ["Attempts at most", job.maxAttempts],
          ["Backoff", backoffText(job.backoff)],
          ["Timeout per attempt", job.timeoutMs === null ? "none" : printDuration(job.timeoutMs)],
          ["If its worker vanishes", LOSS[job.onLeaseLost]],
          ["Priority", `${job.priority}${job.priority === 0 ? " (most urgent)" : ""}`],
          ["Payload version", job.version],
          ["Runs only in a batch of", job.heldLimit],
          ["Epoch", job.epoch],
          ["Last operation", job.lastOp],
        ]}
      />
    </div>
  );
}

const LOSS = { retry: "it is tried again", hold: "it is parked as stale", dead: "it is dead" } as const;

function backoffText(backoff: JobDetail["backoff"]): string {
  if (backoff === null) return "the worker decides at each failure";
  if (!("type" in backoff)) return backoff.map((ms) => printDuration(ms)).join(", then ");
  const { type, delayMs, maxDelayMs, jitter } = backoff;
  const random = jitter > 0 ? `, ${Math.round(jitter * 100)} % random` : "";
  return `${type} from ${printDuration(delayMs)}, at most ${printDuration(maxDelayMs)}${random}`;
}
