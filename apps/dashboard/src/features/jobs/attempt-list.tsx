"use client";

import clsx from "clsx";
import type { ReactNode } from "react";
import { Elapsed } from "@/components/elapsed";
import { useNow } from "@/components/now";
import { RelativeTime } from "@/components/relative-time";
import { rowClass, Table, Td, Th } from "@/components/table";
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
  const now = useNow();
  if (attempts.length === 0) return <p className="p-4 text-ink-2">No worker has taken it yet.</p>;
  const from = Math.min(...attempts.map(({ startedAt }) => startedAt));
  const to = Math.max(from + 1, ...attempts.map(({ endedAt }) => endedAt ?? now));
  return (
    <Table caption="Attempts">
      <thead>
        <tr>
          <Th className="w-10">#</Th>
          <Th className="max-sm:hidden">Started</Th>
          <Th>Took</Th>
          <Th>Ended</Th>
          <Th className="w-1/3 max-md:hidden">
            <span className="sr-only">When, on one line for all attempts</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt) => {
          const [word, color, fill] = attempt.ended === null ? RUNNING : ENDINGS[attempt.ended];
          return (
            <tr key={attempt.startedAt + attempt.attempt} className={rowClass}>
              <Td>{attempt.attempt}</Td>
              <Td className="text-ink-2 max-sm:hidden">
                <RelativeTime at={attempt.startedAt} />
              </Td>
              <Td>
                <Elapsed from={attempt.startedAt} to={attempt.endedAt} />
              </Td>
              <Td className="max-w-0 truncate">
                <span className={clsx("font-medium", color)}>{word}</span>
                {attempt.error && (
                  <span className="text-ink-2" title={attempt.error.message}>
                    {" "}
                    {attempt.error.message}
                  </span>
                )}
              </Td>
              <Td className="max-md:hidden" aria-hidden>
                <span className="relative block h-2 rounded-full bg-hover">
                  <span
                    className={clsx("absolute inset-y-0 min-w-1 rounded-full", fill)}
                    style={{
                      insetInlineStart: `${(99 * (attempt.startedAt - from)) / (to - from)}%`,
                      width: `${(100 * ((attempt.endedAt ?? now) - attempt.startedAt)) / (to - from)}%`,
                    }}
                  />
                </span>
              </Td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
