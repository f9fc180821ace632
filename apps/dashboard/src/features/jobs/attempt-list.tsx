"use client";

import clsx from "clsx";
import { RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import { Elapsed } from "@/components/elapsed";
import { Instant } from "@/components/instant";
import { useNow } from "@/components/now";
import { rowClass, Table, Td, Th } from "@/components/table";
import { stripAnsi } from "@/lib/strip-ansi";
import { runsOf } from "./attempt-runs";
import type { AttemptDetail } from "./job-detail";

/** How an attempt ended, as a word and a colour. */
const ENDINGS: Readonly<
  Record<NonNullable<AttemptDetail["ended"]>, readonly [word: string, color: string, fill: string]>
> = {
  complete: ["completed", "text-completed", "bg-completed"],
  retry: ["failed", "text-failed", "bg-failed"],
  bury: ["failed for good", "text-dead", "bg-dead"],
  stop: ["stopped", "text-cancelled", "bg-cancelled"],
  release: ["given back", "text-ink-2", "bg-ink-3"],
  rescue: ["worker lost", "text-stale", "bg-stale"],
  yield: ["duplicate", "text-cancelled", "bg-cancelled"],
};
const RUNNING = ["running", "text-active", "bg-active"] as const;

export function AttemptList({ attempts }: { readonly attempts: readonly AttemptDetail[] }): ReactNode {
  if (attempts.length === 0) return <p className="p-4 text-ink-2">No worker has taken it yet.</p>;
  return (
    <Table caption="Attempts">
      <thead>
        <tr>
          <Th className="w-10">#</Th>
          <Th className="max-sm:hidden">Started</Th>
          <Th>Took</Th>
          <Th className="w-full">Ended</Th>
          <Th className="max-md:hidden">
            <span className="sr-only">When, on one line from the first start to the last end</span>
          </Th>
        </tr>
      </thead>
      {runsOf(attempts).map((run, place) => (
        <Run key={run[0]?.startedAt} attempts={run} requeued={place > 0} />
      ))}
    </Table>
  );
}

/** Attempts that were counted together; a line above them says that a requeue began them. */
function Run({
  attempts,
  requeued,
}: {
  readonly attempts: readonly AttemptDetail[];
  readonly requeued: boolean;
}): ReactNode {
  const now = useNow();
  const from = Math.min(...attempts.map(({ startedAt }) => startedAt));
  const to = Math.max(from + 1, ...attempts.map(({ endedAt }) => endedAt ?? now));
  return (
    <tbody className="not-last:border-line not-last:border-b">
      {requeued && (
        <tr className="border-line border-b bg-sunken">
          <th scope="rowgroup" colSpan={5} className="h-8 px-4 text-start font-medium text-ink-2">
            <RotateCcw aria-hidden className="me-1.5 inline size-3.5 align-[-2px]" />
            Requeued: the attempts count from 1 again
          </th>
        </tr>
      )}
      {attempts.map((attempt) => (
        <Row key={`${attempt.startedAt} ${attempt.attempt}`} attempt={attempt} from={from} to={to} />
      ))}
    </tbody>
  );
}

interface RowProps {
  readonly attempt: AttemptDetail;
  /** The first start and the last end of its run: what the bars are drawn on. */
  readonly from: number;
  readonly to: number;
}

function Row({ attempt, from, to }: RowProps): ReactNode {
  const [word, color, fill] = attempt.ended === null ? RUNNING : ENDINGS[attempt.ended];
  const message = attempt.error && stripAnsi(attempt.error.message);
  const share = (part: number): number => part / (to - from);
  return (
    <tr className={rowClass}>
      <Td>{attempt.attempt}</Td>
      <Td className="text-ink-2 max-sm:hidden">
        <Instant at={attempt.startedAt} />
      </Td>
      <Td>
        <Elapsed from={attempt.startedAt} to={attempt.endedAt} />
      </Td>
      <Td className="max-w-0 truncate">
        <span className={clsx("font-medium", color)}>{word}</span>
        {message !== null && (
          <span className="text-ink-2" title={message}>
            {" "}
            {message}
          </span>
        )}
      </Td>
      <Td className="max-md:hidden" aria-hidden>
        <span className="relative block h-2 w-40 rounded-full bg-hover lg:w-56">
          <span
            className={clsx("absolute inset-y-0 min-w-1 rounded-full", fill)}
            style={{
              insetInlineStart: `${99 * share(attempt.startedAt - from)}%`,
              width: `${100 * share((attempt.endedAt ?? to) - attempt.startedAt)}%`,
            }}
          />
        </span>
      </Td>
    </tr>
  );
}
