/** What the parts of one worker share: the store, the world, its session, its figures. No behaviour of its own. */

import type { Adapter, SessionId } from "../../contract/adapter.ts";
import type { Ports } from "../../nouns/ports.ts";
import type { HookCaller } from "./hooks.ts";
import type { LeaseClock } from "./lease-clock.ts";
import type { Turn } from "./turn.ts";
import type { WorkerSettings } from "./worker-options.ts";

export interface Shift {
  readonly adapter: Adapter;
  readonly ports: Ports;
  readonly session: SessionId;
  readonly settings: WorkerSettings;
  readonly maxPayloadBytes: number;
  readonly clock: LeaseClock;
  readonly hooks: HookCaller;
  readonly counts: Counts;
  /** Every job of this session that the store has not yet answered a settlement for. */
  readonly held: Set<Turn>;
  /** Something failed that belongs to no job; the worker goes on. */
  readonly report: (error: unknown, doing: string) => void;
}

export interface Counts {
  claimed: number;
  completed: number;
  failed: number;
  refused: number;
  rescued: number;
}
