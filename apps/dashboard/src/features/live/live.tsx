"use client";

/**
 * Keeps what is on the screen true: hints from the server make the matching queries look again.
 *
 * One stream per visible tab; a hidden tab closes it (browsers allow six connections to a host). If the stream
 * fails twice in a row the page polls, and goes back to the stream when it answers again. If it is refused, or ended
 * by the server, the page polls too: whoever is no longer logged in learns it from the next look.
 */

import { type Query, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { setStoreNow } from "@/components/now";
import { useTRPCClient } from "@/trpc/client";

export type LiveState =
  /** Hints arrive. */
  | "live"
  | "connecting"
  /** The stream fails: the page looks again every few seconds. */
  | "polling"
  /** The browser has no network. */
  | "offline"
  /** By the reader's wish. */
  | "paused";

interface Live {
  readonly state: LiveState;
  /** When the server was last heard, by this machine's clock. */
  readonly heardAt: number | null;
  readonly toggle: () => void;
}

const LiveContext = createContext<Live>({ state: "connecting", heardAt: null, toggle: () => {} });
export const useLive = (): Live => useContext(LiveContext);

const POLL_MS = 5_000;
const FAILURES_BEFORE_POLLING = 2;

export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [paused, setPaused] = useState(false);
  const [state, setState] = useState<LiveState>("connecting");
  const [heardAt, setHeardAt] = useState<number | null>(null);
  const visible = useVisible();
  const client = useTRPCClient();
  const queries = useQueryClient();

  useEffect(() => {
    if (paused || !visible) return;
    let failures = 0;
    let poll: ReturnType<typeof setInterval> | undefined;
    const look = (queues: readonly string[] | null): void => {
      void queries.invalidateQueries({ predicate: (query) => isTouched(query, queues) }, { cancelRefetch: false });
    };
    const pollOnce = (): void => {
      setState(navigator.onLine ? "polling" : "offline");
      look(null);
    };
    const startPolling = (): void => {
      if (poll !== undefined) return;
      poll = setInterval(pollOnce, POLL_MS);
      pollOnce();
    };
    const stopPolling = (): void => {
      clearInterval(poll);
      poll = undefined;
    };
    setState("connecting");
    look(null);
    const stream = client.live.hints.subscribe(undefined, {
      onData: ({ data }) => {
        failures = 0;
        stopPolling();
        setState("live");
        setHeardAt(Date.now());
        setStoreNow(data.now);
        if (data.queues === null || data.queues.length > 0) look(data.queues);
      },
      onStopped: startPolling,
      onError: startPolling,
      onConnectionStateChange: ({ state: connection, error }) => {
        if (connection !== "connecting" || error === null) return;
        failures += 1;
        if (failures >= FAILURES_BEFORE_POLLING) startPolling();
      },
    });
    return () => {
      stopPolling();
      stream.unsubscribe();
    };
  }, [paused, visible, client, queries]);

  const toggle = (): void => setPaused((now) => !now);
  return <LiveContext value={{ state: paused ? "paused" : state, heardAt, toggle }}>{children}</LiveContext>;
}

/** What does not change by itself, or is not to change while it is being looked at. */
const STILL = new Set(["session.me", "search.values", "operations.preview", "operations.one"]);

/** True if a query that is shown may have another answer now. @param queues - where something changed; `null`: anywhere */
function isTouched({ queryKey }: Query, queues: readonly string[] | null): boolean {
  const [path, options] = queryKey as [
    path: readonly string[],
    options?: { readonly input?: { readonly queue?: unknown } },
  ];
  if (STILL.has(path.join("."))) return false;
  const queue = options?.input?.queue;
  return queues === null || typeof queue !== "string" || queues.includes(queue);
}

function useVisible(): boolean {
  const [visible, setVisible] = useState(true);
  useEffect(() => {
    const look = (): void => setVisible(document.visibilityState === "visible");
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return visible;
}
