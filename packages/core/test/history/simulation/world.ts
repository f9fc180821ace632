/**
 * A run in miniature: a store in memory, a clock that obeys, and processes that write down what they see. Whatever the
 * steps do to them, the store is right, and so the history is valid.
 */

import type { Adapter, JobRef, LeasedJob } from "../../../src/adapter.ts";
import type { JobRole } from "../../../src/testing/history/entry.ts";
import { type ManualPorts, manualPorts } from "../../../src/testing/manual-ports.ts";
import { memoryAdapter } from "../../../src/testing/memory/memory-adapter.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

export const QUEUES = ["work", "ledger"] as const;
/** Its completions leave a row in a table, in the same step. */
export const LEDGER = "ledger";
export const LEASE_MS = 1_000;
/** After every step of time the rescuer looks. */
export const SWEEP_MS = 400;

export interface World {
  readonly ports: ManualPorts;
  readonly adapter: Adapter;
  readonly recorder: Recorder;
  readonly workers: Worker[];
  /** Every job that anybody asked for. */
  readonly refs: Map<string, JobRef>;
  readonly ledger: JobRef[];
}

/** One process with one session. */
export interface Worker {
  readonly name: string;
  /** By its own knowledge: it may have lost some of them. */
  readonly held: LeasedJob[];
  claims: number;
  stopped: boolean;
}

export const WORKERS = 4;

export function openWorld(): World {
  const ports = manualPorts();
  const recorder = createRecorder(ports);
  const workers = Array.from({ length: WORKERS }, (_, slot) => newWorker(`w${slot}.0`));
  return { ports, adapter: memoryAdapter({ ports }), recorder, workers, refs: new Map(), ledger: [] };
}

export const newWorker = (name: string): Worker => ({ name, held: [], claims: 0, stopped: false });

/** What the job of that number is made to do. */
export function roleOf(number: number): JobRole {
  if (number % 13 === 7) return "pill";
  return number % 7 === 3 ? "failing" : "healthy";
}
export const roleOfRef = ({ id }: JobRef): JobRole => roleOf(Number(/^job-(\d+)$/.exec(id)?.[1] ?? 0));

/** The process is gone: its parent sees it, and starts another in its place. */
export function die({ workers, recorder }: World, worker: Worker, cause: "kill" | "pill"): void {
  const proof = `${worker.name} exited with SIGKILL`;
  recorder.write("keeper", { kind: "died", session: worker.name, proof });
  recorder.write("keeper", { kind: "fault", fault: cause, target: worker.name, forMs: null, proof });
  const [slot = "", life = "0"] = worker.name.split(".");
  workers[workers.indexOf(worker)] = newWorker(`${slot}.${Number(life) + 1}`);
}
