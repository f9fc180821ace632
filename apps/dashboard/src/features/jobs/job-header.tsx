"use client";

import type { Phase } from "@jobyard/core";
import { PencilLine } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useEffectEvent, useState } from "react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { PageHeader } from "@/components/page-header";
import { PhaseBadge } from "@/components/phase-badge";
import { useBackend, useRefusal } from "@/features/session/session";
import { jobsIn, queueLink } from "@/lib/links";
import { isTyping } from "@/lib/typing";
import type { OfferedMove } from "@/server/permissions";
import type { JobDetail } from "./job-detail";
import { wasOpened } from "./last-opened";
import { MoveButton } from "./move-button";
import { canMove, MOVE_LOOKS, moveRefusal } from "./moves";
import { RequeueDialog } from "./requeue-dialog";
import { useMove } from "./use-move";

/** Name, address, state, and what can be done. */
export function JobHeader({ job, phase }: { readonly job: JobDetail; readonly phase: Phase }): ReactNode {
  const backend = useBackend();
  const router = useRouter();
  const refusalOf = useRefusal();
  const [editing, setEditing] = useState(false);
  const mover = useMove((move) => {
    if (move === "remove") router.push(jobsIn([phase]));
  });
  const refusalFor = (move: OfferedMove): string | null =>
    refusalOf(MOVE_LOOKS[move].permission) ?? moveRefusal(move, phase);
  const editRefusal = refusalOf("job.edit") ?? refusalFor("requeue");

  const onKey = useEffectEvent((event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "Escape" && wasOpened()) router.back();
    else if (event.key === "r" && refusalFor("requeue") === null) mover.run("requeue", [job]);
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);

  return (
    <>
      <nav aria-label="Where" className="flex items-center gap-1.5 text-ink-2">
        <Link href={queueLink(backend, job.queue)} className="rounded hover:underline">
          {job.queue}
        </Link>
        <span aria-hidden>/</span>
        <span className="min-w-0 truncate font-mono text-xs">{job.id}</span>
        <CopyButton text={job.id} label="Copy the id" />
      </nav>
      <PageHeader
        title={job.name}
        badge={
          <span role="status" data-testid="phase">
            <PhaseBadge phase={phase} strong />
          </span>
        }
      >
        <MoveButton
          move="requeue"
          look={canMove("requeue", phase) ? "primary" : "plain"}
          refused={refusalFor("requeue")}
          busy={mover.busy}
          onMove={() => mover.run("requeue", [job])}
        />
        <Button refused={editRefusal} onClick={() => setEditing(true)}>
          <PencilLine aria-hidden className="size-3.5" /> Edit and requeue
        </Button>
        {canMove("promote", phase) && (
          <MoveButton
            move="promote"
            look="plain"
            refused={refusalFor("promote")}
            busy={mover.busy}
            onMove={() => mover.run("promote", [job])}
          />
        )}
        <MoveButton
          move="cancel"
          look="plain"
          refused={refusalFor("cancel")}
          busy={mover.busy}
          onMove={() => mover.run("cancel", [job])}
        />
        <MoveButton
          move="remove"
          look="plain"
          refused={refusalFor("remove")}
          busy={mover.busy}
          onMove={() => mover.run("remove", [job])}
        />
      </PageHeader>
      {editing && job.payload !== null && (
        <RequeueDialog
          name={job.name}
          payload={job.payload}
          onClose={() => setEditing(false)}
          onRequeue={(payload) => {
            setEditing(false);
            if (payload === null) mover.run("requeue", [job]);
            else mover.requeueEdited(job, payload, job.epoch);
          }}
        />
      )}
    </>
  );
}
