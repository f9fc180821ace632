"use client";

/** Moves jobs that were picked by hand, says what became of each, and offers the way back. */

import type { JobRef, MoveResult } from "@jobyard/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "@/components/toaster";
import { useBackend } from "@/features/session/session";
import type { OfferedMove } from "@/server/permissions";
import { useTRPC, useTRPCClient } from "@/trpc/client";
import { failureOf } from "@/trpc/failure";
import { MOVE_LOOKS } from "./moves";
import { refOf } from "./refs";

interface MoveAnswer {
  readonly opId: string;
  readonly results: readonly MoveResult[];
}

export interface Mover {
  readonly run: (move: OfferedMove, refs: readonly JobRef[]) => void;
  /** `expectEpoch`: refused if something happened to the job since it was read. */
  readonly requeueEdited: (ref: JobRef, payload: string, expectEpoch: number) => void;
  readonly busy: boolean;
}

export function useMove(onDone?: (move: OfferedMove) => void): Mover {
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const backend = useBackend();

  const refresh = (): Promise<unknown> => queries.invalidateQueries(trpc.jobs.pathFilter());
  const onError = (error: unknown): void => toast({ text: failureOf(error).message, bad: true });
  const undo = async (how: "revert" | "restore", { opId, results }: MoveAnswer): Promise<void> => {
    const refs = results.filter(({ outcome }) => outcome === "done").map(({ ref }) => refOf(ref));
    const answer =
      how === "revert"
        ? client.jobs.revert.mutate({ backend, refs, opId })
        : client.jobs.restore.mutate({ backend, refs });
    try {
      toast(tell("taken back", (await answer).results));
    } catch (error) {
      onError(error);
    }
    await refresh();
  };
  const done = (move: OfferedMove, answer: MoveAnswer): Promise<unknown> => {
    const { past, undo: how } = MOVE_LOOKS[move];
    const worked = answer.results.some(({ outcome }) => outcome === "done");
    toast({
      ...tell(past, answer.results),
      ...(how && worked && { action: { label: "Undo", run: () => void undo(how, answer) } }),
    });
    onDone?.(move);
    return refresh();
  };

  const picked = useMutation({
    mutationFn: ({ move, refs }: { readonly move: OfferedMove; readonly refs: readonly JobRef[] }) =>
      client.jobs[move].mutate({ backend, refs: refs.map(refOf) }),
    onSuccess: (answer, { move }) => done(move, answer),
    onError,
  });
  const edited = useMutation(
    trpc.jobs.requeueEdited.mutationOptions({ onSuccess: (answer) => done("requeue", answer), onError }),
  );

  return {
    run: (move, refs) => picked.mutate({ move, refs }),
    requeueEdited: (ref, payload, expectEpoch) => edited.mutate({ backend, ref: refOf(ref), payload, expectEpoch }),
    busy: picked.isPending || edited.isPending,
  };
}

const OUTCOMES: Readonly<Record<MoveResult["outcome"], string>> = {
  done: "",
  requested: "asked to stop",
  refused: "not possible in its state",
  busy: "running, so not deleted",
  held: "its dedupe key is held by another job",
  changed: "changed meanwhile",
  missing: "no longer there",
};

/** "3 jobs requeued, 1 changed meanwhile". */
function tell(past: string, results: readonly MoveResult[]): { readonly text: string; readonly bad: boolean } {
  const counts = new Map<MoveResult["outcome"], number>();
  for (const { outcome } of results) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const worked = counts.get("done") ?? 0;
  const parts = [...counts]
    .filter(([outcome]) => outcome !== "done")
    .map(([outcome, n]) => `${n} ${OUTCOMES[outcome]}`);
  const head = worked > 0 || parts.length === 0 ? [`${worked} ${worked === 1 ? "job" : "jobs"} ${past}`] : [];
  return { text: [...head, ...parts].join(", "), bad: worked === 0 && !counts.has("requested") };
}
