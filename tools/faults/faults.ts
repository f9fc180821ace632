/** The seeded faults: at least one for every promise of the semantics that is kept so far. */

import { ENGINE_FAULTS } from "./engine-faults.ts";
import type { Fault } from "./fault.ts";
import { MEMORY_FAULTS } from "./memory-faults.ts";
import { RETENTION_FAULTS } from "./retention-faults.ts";
import { SQLITE_FAULTS, SQLITE_ONLY_FAULTS } from "./sqlite-faults.ts";

/** Faults of adapters → the promise they break. Each is seeded in every adapter. */
const ADAPTER_PROMISES = {
  "fence-removed": "no write under an old lease",
  "fence-by-attempt": "the fence is the epoch, not the attempt's number",
  "fence-removed-for-entries": "no progress, log or event under an old lease",
  "due-check-removed": "a job does not run before its time",
  "pause-check-removed": "no claim of a paused queue",
  "type-check-removed": "a worker gets only types and versions that it knows",
  "dedupe-in-bulk": "a dedupe key holds in bulk as well",
  "dedupe-on-rescue": "a rescued job yields to its twin",
  "dedupe-on-requeue": "a requeue does not break a dedupe key",
  "attempt-not-counted": "every start counts as an attempt",
  "attempt-not-given-back": "a release gives the attempt back",
  "rescue-charges-all": "only the suspect pays for a crash",
  "event-lost": "every change is an event",
  "seq-reused": "events are numbered without holes or repeats",
  "expired-without-guard": "a rescue needs a lease that is over",
  "rescue-of-a-live-session": "a live session is left alone",
  "extend-forgets-the-deadline": "a heartbeat keeps the lease",
  "held-limit-ignored": "a suspect runs only in an exclusive batch",
  "exclusive-batch-too-large": "an exclusive batch keeps to the smallest limit in it",
  "exclusive-batch-shared": "a session in an exclusive batch takes nothing else",
  "alone-not-cleared": "alone means alone",
  "cancel-lost-in-the-race": "a cancel that was accepted is kept",
  "cancel-not-told": "a running job hears of its cancel",
  "follow-up-lost": "follow-ups come in the step of the completion",
  "follow-up-fails-the-completion": "a follow-up never fails the completion",
  "follow-up-bounded": "follow-ups pass a full queue's bound",
  "depth-wrong": "depth counts waiting, blocked and active",
  "bound-off-by-one": "maxSize is exact",
  "order-broken": "lower priority number first",
  "retry-keeps-its-place": "who comes back stands at the end",
  "expired-job-handed-out": "an expired job never runs",
  "duplicate-id-overwrites": "an id is one job",
  "requeue-from-anywhere": "completed never changes",
  "payload-rewritten": "a payload comes out byte for byte",
  "audit-line-lost": "every operator's move leaves its audit line",
  "well-and-to-be-fixed": "what is well needs no fix",
} as const;

const adapterFaults: readonly Fault[] = Object.entries(ADAPTER_PROMISES).map(([id, promise]) => ({
  id,
  promise,
  patches: { memory: MEMORY_FAULTS[id] ?? [], sqlite: SQLITE_FAULTS[id] ?? [] },
}));

const engineFaults: readonly Fault[] = Object.entries(ENGINE_FAULTS).map(([id, { promise, patches }]) => ({
  id,
  promise,
  patches: { engine: patches },
}));

const sqliteFaults: readonly Fault[] = Object.entries(SQLITE_ONLY_FAULTS).map(([id, { promise, patches }]) => ({
  id,
  promise,
  patches: { sqlite: patches },
}));

export const FAULTS: readonly Fault[] = [...adapterFaults, ...RETENTION_FAULTS, ...sqliteFaults, ...engineFaults];
