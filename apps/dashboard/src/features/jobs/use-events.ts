"use client";

/** A job's newest events, as many as are asked for. */

import type { JobEvent } from "@jobyard/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useBackend } from "@/features/session/session";
import { useTRPC } from "@/trpc/client";
import type { JobDetail } from "./job-detail";

const AT_FIRST = 200;
const MOST = 900;

export interface Events {
  readonly events: readonly JobEvent[];
  readonly loading: boolean;
  /** How many older ones there are that can still be shown. */
  readonly older: number;
  readonly showOlder: () => void;
}

const NONE: readonly JobEvent[] = [];

export function useEvents(job: JobDetail): Events {
  const trpc = useTRPC();
  const backend = useBackend();
  const [last, setLast] = useState(AT_FIRST);
  const { queue, id, seq } = job;
  const query = useQuery(
    trpc.jobs.events.queryOptions({ backend, queue, id, seq, last }, { placeholderData: keepPreviousData }),
  );
  return {
    events: query.data ?? NONE,
    loading: query.isPending,
    older: last >= MOST ? 0 : Math.max(0, seq - last),
    showOlder: () => setLast((now) => Math.min(MOST, now + 350)),
  };
}
