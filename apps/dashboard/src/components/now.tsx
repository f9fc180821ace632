"use client";

/**
 * The store's clock in the browser. A reader's own clock may be wrong by a day, and the server's rendering must
 * match the first one here, so both start from the instant that came with the page.
 */

import { createContext, type ReactNode, useContext, useEffect, useSyncExternalStore } from "react";

const Initial = createContext(0);

/** Store time minus this machine's. */
let offset = 0;
let now = 0;
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** @param at - the store's clock, just heard */
export function setStoreNow(at: number): void {
  offset = at - Date.now();
  tick();
}

function tick(): void {
  now = Date.now() + offset;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export function NowProvider({
  initial,
  children,
}: {
  readonly initial: number;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => setStoreNow(initial), [initial]);
  return <Initial value={initial}>{children}</Initial>;
}

/** Epoch milliseconds by the store's clock, once a second. */
export function useNow(): number {
  const initial = useContext(Initial);
  return useSyncExternalStore(
    subscribe,
    () => now || initial,
    () => initial,
  );
}

/** False on the server and in the first rendering here. */
export const useHydrated = (): boolean =>
  useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
