/**
 * Calls the hooks of a worker: after the fact was stored, one at a time per job. What they throw is reported and
 * changes nothing; how long they take holds up no job, but stopping and draining wait for them.
 */

import type { Hooks } from "../surface.ts";

/** Where a job's hooks queue up. */
export interface HookLane {
  hooks: Promise<void> | null;
}

export interface HookCaller {
  readonly hooks: Hooks;
  /** @param lane - the job; none for hooks of the worker */
  call(name: string, run: () => unknown, lane?: HookLane): void;
  readonly pending: number;
  /** Resolves when no hook is running. */
  idle(): Promise<void>;
}

export function createHookCaller(hooks: Hooks, report: (error: unknown, doing: string) => void): HookCaller {
  const pending = new Set<Promise<void>>();

  const start = (name: string, run: () => unknown): Promise<void> | null => {
    try {
      const answer = run();
      if (!isThenable(answer)) return null;
      return Promise.resolve(answer).then(
        () => {},
        (error: unknown) => report(error, name),
      );
    } catch (error) {
      report(error, name);
      return null;
    }
  };

  return {
    hooks,
    call: (name, run, lane) => {
      const before = lane?.hooks ?? null;
      const running = before === null ? start(name, run) : before.then(() => start(name, run) ?? undefined);
      if (running === null) return;
      const tracked = running.finally(() => pending.delete(tracked));
      pending.add(tracked);
      if (lane !== undefined) lane.hooks = tracked;
    },
    get pending() {
      return pending.size;
    },
    idle: async () => {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
