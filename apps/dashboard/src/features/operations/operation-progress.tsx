"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { DialogButtons } from "@/components/dialog";
import { ErrorState } from "@/components/error-state";
import { MOVE_LOOKS } from "@/features/jobs/moves";
import { useBackend } from "@/features/session/session";
import { printCount, printJobs } from "@/lib/capped-count";
import type { OfferedMove } from "@/server/permissions";
import type { AppRouter } from "@/server/root";
import { useTRPC } from "@/trpc/client";

type Operation = inferRouterOutputs<AppRouter>["operations"]["one"];

const LOOK_EVERY_MS = 400;

export interface OperationProgressProps {
  readonly started: Operation;
  readonly onClose: () => void;
}

/** How far a bulk move is, until it has ended. Closing it does not stop the work. */
export function OperationProgress({ started, onClose }: OperationProgressProps): ReactNode {
  const trpc = useTRPC();
  const backend = useBackend();
  const input = { backend, id: started.id };
  const query = useQuery(
    trpc.operations.one.queryOptions(input, {
      initialData: started,
      staleTime: 0,
      refetchInterval: ({ state }) => (state.data?.state === "running" ? LOOK_EVERY_MS : false),
    }),
  );
  const abort = useMutation(trpc.operations.abort.mutationOptions());
  const operation = query.data;
  const running = operation.state === "running";
  const share = Math.min(100, Math.round((100 * operation.seen) / Math.max(1, operation.expected)));
  const skipped = Object.entries(operation.skipped);
  return (
    <>
      <progress
        aria-label="Progress"
        value={running ? share : 100}
        max={100}
        className="h-2 w-full appearance-none overflow-hidden rounded-full [&::-moz-progress-bar]:bg-focus [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-focus"
      />
      <p className="sr-only" aria-live="polite">
        {running ? `${Math.floor(share / 10) * 10} %` : summaryOf(operation)}
      </p>
      <p aria-hidden={running} className="text-base">
        {running
          ? `${printJobs({ n: operation.done, exact: true })} ${MOVE_LOOKS[operation.move as OfferedMove].past}, ${printCount({ n: operation.seen, exact: true })} of about ${printCount({ n: operation.expected, exact: true })} looked at`
          : summaryOf(operation)}
      </p>
      {skipped.length > 0 && (
        <ul className="text-ink-2">
          {skipped.map(([why, n]) => (
            <li key={why}>
              {n} skipped: {why}
            </li>
          ))}
        </ul>
      )}
      {operation.failure && <ErrorState {...operation.failure} />}
      <DialogButtons>
        {running && (
          <Button disabled={abort.isPending || abort.isSuccess} onClick={() => abort.mutate(input)}>
            Stop here
          </Button>
        )}
        <Button look="primary" onClick={onClose}>
          {running ? "Go on in the background" : "Close"}
        </Button>
      </DialogButtons>
    </>
  );
}

function summaryOf({ state, done, move }: Operation): string {
  const what = `${printJobs({ n: done, exact: true })} ${MOVE_LOOKS[move as OfferedMove].past}`;
  return state === "done"
    ? `Done: ${what}.`
    : state === "aborted"
      ? `Stopped: ${what}, the rest is as it was.`
      : `Failed after ${what}.`;
}
