/** What the run and its processes tell each other, and what a process is started with. */

import type { Point } from "../plan/faults.ts";
import type { JobPlan } from "../plan/jobs.ts";

export interface WorkerSettings {
  /** No other process of the run has had it. */
  readonly name: string;
  readonly backend: string;
  readonly url: string;
  readonly folder: string;
  readonly leaseMs: number;
  readonly sweepMs: number;
  readonly concurrency: number;
  /** How long handlers take in place of what their jobs ask for; `null` for that. */
  readonly paceMs: number | null;
}

export interface ProducerSettings {
  readonly name: string;
  readonly url: string;
  readonly folder: string;
  readonly plan: JobPlan;
  /** It enqueues every `of`-th job of the plan, beginning with number `index`. */
  readonly share: { readonly index: number; readonly of: number };
  /** How many of these an earlier process of this share is known to have enqueued. */
  readonly done: number;
}

export interface LockerSettings {
  readonly name: string;
  readonly backend: string;
  readonly url: string;
  readonly forMs: number;
}

/** To a process. */
export type Command =
  /** Kill yourself when you pass this point. */
  | { readonly do: "arm"; readonly point: Point | null }
  /** Let your event loop stand still. */
  | { readonly do: "block"; readonly forMs: number }
  /** Jobs of the plan before this index may be enqueued. */
  | { readonly do: "release"; readonly upTo: number }
  | { readonly do: "stop" };

/** From a process. */
export type Word =
  /** It is at work; a worker names its session. */
  | { readonly say: "ready"; readonly session: string | null }
  | { readonly say: "blocked"; readonly forMs: number }
  /** How many jobs of its share are accepted. */
  | { readonly say: "enqueued"; readonly done: number }
  | { readonly say: "locked" }
  | { readonly say: "unlocked"; readonly forMs: number };

/** The settings that this process was started with. */
export const settingsOfProcess = <T>(): T => JSON.parse(process.argv[2] ?? "") as T;

export const say = (word: Word): void => void process.send?.(word);

/** A process does not outlive the run that it belongs to. */
export function obey(listener: (command: Command) => void): void {
  process.on("message", listener);
  process.once("disconnect", () => process.exit(ABANDONED));
}

const ABANDONED = 70;
