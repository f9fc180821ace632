"use client";

import type { QueueInfo } from "@jobyard/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/button";
import { Dialog, DialogButtons } from "@/components/dialog";
import { toast } from "@/components/toaster";
import { useBackend, useRefusal } from "@/features/session/session";
import { useTRPC } from "@/trpc/client";
import { failureOf } from "@/trpc/failure";

/** Pauses after a word about what that means; resumes at once. */
export function PauseButton({ queue: { queue, paused } }: { readonly queue: QueueInfo }): ReactNode {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const backend = useBackend();
  const refusal = useRefusal()("queue.pause");
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");

  const settled = {
    onSuccess: () => queries.invalidateQueries(trpc.queues.pathFilter()),
    onError: (error: unknown) => toast({ text: failureOf(error).message, bad: true }),
  };
  const pause = useMutation(trpc.queues.pause.mutationOptions(settled));
  const resume = useMutation(trpc.queues.resume.mutationOptions(settled));

  if (paused)
    return (
      <Button
        look="primary"
        refused={refusal}
        disabled={resume.isPending}
        onClick={() => resume.mutate({ backend, queue })}
      >
        <Play aria-hidden className="size-3.5" /> Resume
      </Button>
    );
  return (
    <>
      <Button refused={refusal} onClick={() => setAsking(true)}>
        <Pause aria-hidden className="size-3.5" /> Pause
      </Button>
      <Dialog open={asking} onClose={() => setAsking(false)} title={`Pause ${queue}?`}>
        <p>
          Jobs that run go on to their end. No other is started until somebody resumes the queue; new jobs are still
          accepted.
        </p>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            setAsking(false);
            pause.mutate({ backend, queue, reason });
          }}
        >
          <label className="flex flex-col gap-1.5 font-medium">
            Reason, for those who find it paused
            <input
              value={reason}
              maxLength={200}
              onChange={(event) => setReason(event.target.value)}
              className="h-9 rounded-md border border-control bg-page px-2.5 font-normal"
            />
          </label>
          <DialogButtons>
            <Button onClick={() => setAsking(false)}>Keep it running</Button>
            <Button type="submit" look="primary">
              Pause queue
            </Button>
          </DialogButtons>
        </form>
      </Dialog>
    </>
  );
}
