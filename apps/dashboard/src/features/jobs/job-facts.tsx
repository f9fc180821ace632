import type { ReactNode } from "react";
import { Instant } from "@/components/instant";
import { stripAnsi } from "@/lib/strip-ansi";
import { shareOf } from "./progress";
import type { JobRow } from "./router";

/** What is worth a line about a job in a list: its last error, its progress, when it runs. */
export function JobFacts({ job }: { readonly job: JobRow }): ReactNode {
  if (job.state === "active") return job.progress === null ? null : <Progress text={job.progress} />;
  if (job.state === "cancelled") return <span className="text-ink-2">{job.reason}</span>;
  if (job.state === "completed") return null;
  if (job.lastError) {
    const message = stripAnsi(job.lastError.message);
    return <span title={message}>{message}</span>;
  }
  return null;
}

function Progress({ text }: { readonly text: string }): ReactNode {
  const share = shareOf(text);
  return <span className="text-ink-2">{share === null ? text : `${Math.floor(share * 100)} %`}</span>;
}

/** When the job last came to where it is, or when it will go on. */
export function JobTime({ job, now }: { readonly job: JobRow; readonly now: number }): ReactNode {
  const at =
    job.finishedAt ??
    (job.state === "active" ? (job.startedAt ?? job.createdAt) : job.runAt > now ? job.runAt : job.createdAt);
  return <Instant at={at} />;
}
