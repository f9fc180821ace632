/** The attempts of a job, folded from its events: every claim, and the move that ended it. */

import type { JobReader } from "../../contract/adapter.ts";
import type { JobEvent, JobRef } from "../../nouns/job.ts";
import type { Attempt } from "../surface.ts";

const ENDINGS: readonly string[] = ["complete", "retry", "bury", "stop", "release", "rescue", "yield"];
const PAGE = 500;

/** Oldest first; an attempt that was given back is followed by one of the same number. Empty if there is no such job. */
export async function readAttempts(reader: JobReader, ref: JobRef): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  let after = 0;
  for (;;) {
    const events = await reader.events(ref, after, PAGE);
    for (const event of events ?? []) foldEvent(attempts, event);
    const last = events?.at(-1);
    if (!last || (events?.length ?? 0) < PAGE) return attempts;
    after = last.seq;
  }
}

function foldEvent(attempts: Attempt[], event: JobEvent): void {
  if (event.kind === "claim") {
    attempts.push(startedBy(event));
    return;
  }
  const open = attempts.at(-1);
  if (open && open.ended === null && isEnding(event.kind))
    attempts[attempts.length - 1] = { ...open, endedAt: event.at, ended: event.kind, error: errorIn(event) };
}

const isEnding = (kind: string): kind is NonNullable<Attempt["ended"]> => ENDINGS.includes(kind);

/** What `claimData` wrote. */
function startedBy({ at, data }: JobEvent): Attempt {
  const { worker, attempt } = JSON.parse(data ?? "{}") as { readonly worker?: string; readonly attempt?: number };
  return { attempt: attempt ?? 0, worker: worker ?? null, startedAt: at, endedAt: null, ended: null, error: null };
}

/** What `endingData` wrote. */
const errorIn = ({ data }: JobEvent): Attempt["error"] =>
  (data === null ? null : (JSON.parse(data) as { readonly error?: Attempt["error"] }).error) ?? null;
