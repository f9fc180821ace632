"use client";

/** Before many jobs are moved: what will happen to how many, and a confirmation that fits the size. */

import { type JobRef, PHASES, type Phase } from "@jobyard/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/button";
import { Dialog, DialogButtons } from "@/components/dialog";
import { ErrorState } from "@/components/error-state";
import { Instant } from "@/components/instant";
import { Skeleton } from "@/components/skeleton";
import { canMove, MOVE_LOOKS } from "@/features/jobs/moves";
import { useBackend } from "@/features/session/session";
import { addCounts, type Capped, printCount, printJobs } from "@/lib/capped-count";
import type { OfferedMove } from "@/server/permissions";
import type { AppRouter } from "@/server/root";
import { useTRPC } from "@/trpc/client";
import { failureOf } from "@/trpc/failure";
import { OperationProgress } from "./operation-progress";

export type BulkTarget =
  | {
      readonly kind: "picked";
      readonly move: OfferedMove;
      readonly jobs: readonly { readonly ref: JobRef; readonly phase: Phase }[];
    }
  | { readonly kind: "matching"; readonly move: OfferedMove; readonly q: string };

export interface BulkDialogProps {
  readonly target: BulkTarget;
  readonly onMovePicked: (move: OfferedMove, refs: readonly JobRef[]) => void;
  readonly onStarted: () => void;
  readonly onClose: () => void;
}

/** From here on, and for every deletion, the number must be typed. */
const TYPED_FROM = 1_000;

export function BulkDialog({ target, onMovePicked, onStarted, onClose }: BulkDialogProps): ReactNode {
  const trpc = useTRPC();
  const backend = useBackend();
  const { move } = target;
  const matching = target.kind === "matching";
  const preview = useQuery(
    trpc.operations.preview.queryOptions(
      { backend, q: matching ? target.q : "" },
      { enabled: matching, staleTime: 0, gcTime: 0 },
    ),
  );
  const start = useMutation(trpc.operations.start.mutationOptions({ onSuccess: onStarted }));

  const plan = matching
    ? preview.data && planOf(move, phasesOf(preview.data))
    : planOf(move, phasesOfPicked(target.jobs.map(({ phase }) => phase)));
  const confirm = (): void => {
    if (!matching) {
      onMovePicked(
        move,
        target.jobs.map(({ ref }) => ref),
      );
      onClose();
    } else if (preview.data)
      start.mutate({ backend, q: target.q, move, upTo: preview.data.upTo, expected: preview.data.count.n });
  };

  const { label } = MOVE_LOOKS[move];
  const error = preview.error ?? start.error;
  return (
    <Dialog
      open
      alert
      onClose={onClose}
      title={start.data ? `${label}: at work` : plan ? `${label} ${printJobs(plan.moved)}?` : `${label}…`}
    >
      {start.data ? (
        <OperationProgress started={start.data} onClose={onClose} />
      ) : error ? (
        <ErrorState {...failureOf(error)} />
      ) : plan ? (
        <Question
          move={move}
          plan={plan}
          upTo={preview.data?.upTo ?? null}
          busy={start.isPending}
          onConfirm={confirm}
          onClose={onClose}
        />
      ) : (
        <Skeleton className="h-28" />
      )}
    </Dialog>
  );
}

interface PhaseCount {
  readonly phase: string;
  readonly count: Capped;
}

interface Plan {
  readonly byPhase: readonly (PhaseCount & { readonly skipped: boolean })[];
  readonly moved: Capped;
  readonly skipped: Capped;
}

function planOf(move: OfferedMove, phases: readonly PhaseCount[]): Plan {
  const byPhase = phases.map((part) => ({ ...part, skipped: !takes(move, part.phase) }));
  const sum = (skipped: boolean): Capped =>
    addCounts(byPhase.filter((part) => part.skipped === skipped).map(({ count }) => count));
  return { byPhase, moved: sum(false), skipped: sum(true) };
}

const phasesOfPicked = (phases: readonly Phase[]): readonly PhaseCount[] =>
  PHASES.map((phase) => ({
    phase,
    count: { n: phases.filter((other) => other === phase).length, exact: true },
  })).filter(({ count }) => count.n > 0);

const phasesOf = ({ byState }: inferRouterOutputs<AppRouter>["operations"]["preview"]): readonly PhaseCount[] =>
  byState.map(({ value, count }) => ({ phase: value, count }));

const takes = (move: OfferedMove, word: string): boolean => {
  const phase = PHASES.find((known) => known === word);
  // A preview counts by state: whether a waiting job's time is ahead is not known there.
  return phase === undefined || canMove(move, phase) || (move === "promote" && phase === "waiting");
};

interface QuestionProps {
  readonly move: OfferedMove;
  readonly plan: Plan;
  readonly upTo: number | null;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

function Question({ move, plan, upTo, busy, onConfirm, onClose }: QuestionProps): ReactNode {
  const [typed, setTyped] = useState("");
  const { label, about, past } = MOVE_LOOKS[move];
  const { moved } = plan;
  const mustType = moved.n >= TYPED_FROM || (move === "remove" && moved.n > 0);
  const wanted = String(moved.n);
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        onConfirm();
      }}
    >
      <p>{about}</p>
      <ul className="flex flex-col gap-1">
        {plan.byPhase.map(({ phase, count, skipped }) => (
          <li key={phase} className="flex justify-between gap-4 border-line border-b pb-1">
            <span>
              {phase}
              {skipped && <span className="text-ink-2"> · will be skipped</span>}
            </span>
            <span className="font-medium">{printCount(count)}</span>
          </li>
        ))}
      </ul>
      {plan.skipped.n > 0 && (
        <p className="text-ink-2">
          {printJobs(plan.skipped)} cannot be {past} and {plan.skipped.n === 1 ? "stays as it is" : "stay as they are"}.
        </p>
      )}
      {upTo !== null && (
        <p className="text-ink-2">
          As of <Instant at={upTo} />: jobs that come later are not touched.
        </p>
      )}
      {mustType && (
        <label className="flex flex-col gap-1.5 font-medium">
          Type {wanted} to confirm
          <input
            inputMode="numeric"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value.trim())}
            className="h-9 rounded-md border border-control bg-page px-2.5 font-mono font-normal"
          />
        </label>
      )}
      <DialogButtons>
        <Button onClick={onClose}>Keep them as they are</Button>
        <Button
          type="submit"
          look={move === "remove" ? "danger" : "primary"}
          disabled={busy || moved.n === 0 || (mustType && typed !== wanted)}
        >
          {label} {printJobs(moved)}
        </Button>
      </DialogButtons>
    </form>
  );
}
