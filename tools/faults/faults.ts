/** The seeded faults: at least one for every promise of the semantics that is kept so far. */

import { on, onlyOn } from "./adapter-patch.ts";
import { ENGINE_FAULTS } from "./engine-faults.ts";
import type { Fault } from "./fault.ts";
import { MEMORY_FAULTS } from "./memory-faults.ts";
import { POSTGRES_FAULTS } from "./postgres-faults.ts";
import { POSTGRES_LOCK_FAULTS } from "./postgres-lock-faults.ts";
import { POSTGRES_RETENTION_FAULTS } from "./postgres-retention-faults.ts";
import { POSTGRES_STORE_FAULTS } from "./postgres-store-faults.ts";
import { POSTGRES_SHORTCUT_FAULTS, POSTGRES_TABLE_FAULTS } from "./postgres-table-faults.ts";
import { REDIS_FAULTS } from "./redis-faults.ts";
import { REDIS_PLACE_FAULTS } from "./redis-place-faults.ts";
import { REDIS_READ_FAULTS } from "./redis-read-faults.ts";
import { REDIS_ONLY_RETENTION_FAULTS, REDIS_RETENTION_FAULTS } from "./redis-retention-faults.ts";
import { REDIS_SHORTCUT_FAULTS } from "./redis-shortcut-faults.ts";
import { REDIS_STORE_FAULTS } from "./redis-store-faults.ts";
import { REDIS_TEXT_FAULTS } from "./redis-text-faults.ts";
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

const adapterFaults: readonly Fault[] = Object.entries(ADAPTER_PROMISES).map(([id, promise]) =>
  on(
    "redis",
    REDIS_FAULTS[id],
    on("postgres", POSTGRES_FAULTS[id], {
      id,
      promise,
      patches: { memory: MEMORY_FAULTS[id] ?? [], sqlite: SQLITE_FAULTS[id] ?? [], postgres: [], redis: [] },
    }),
  ),
);

const retentionFaults: readonly Fault[] = RETENTION_FAULTS.map((fault) =>
  on(
    "redis",
    REDIS_RETENTION_FAULTS[fault.id],
    on("postgres", POSTGRES_RETENTION_FAULTS[fault.id], {
      ...fault,
      patches: { ...fault.patches, postgres: [], redis: [] },
    }),
  ),
);

const engineFaults: readonly Fault[] = Object.entries(ENGINE_FAULTS).map(([id, { promise, patches }]) => ({
  id,
  promise,
  patches: { engine: patches },
}));

const sqliteFaults: readonly Fault[] = Object.entries(SQLITE_ONLY_FAULTS).map(([id, { promise, patches }]) =>
  on("postgres", POSTGRES_SHORTCUT_FAULTS[id], { id, promise, patches: { sqlite: patches } }),
);

const postgresFaults: readonly Fault[] = onlyOn("postgres", {
  ...POSTGRES_LOCK_FAULTS,
  ...POSTGRES_TABLE_FAULTS,
  ...POSTGRES_STORE_FAULTS,
});

const redisFaults: readonly Fault[] = onlyOn("redis", {
  ...REDIS_PLACE_FAULTS,
  ...REDIS_TEXT_FAULTS,
  ...REDIS_READ_FAULTS,
  ...REDIS_ONLY_RETENTION_FAULTS,
  ...REDIS_STORE_FAULTS,
  ...REDIS_SHORTCUT_FAULTS,
});

export const FAULTS: readonly Fault[] = [
  ...adapterFaults,
  ...retentionFaults,
  ...sqliteFaults,
  ...postgresFaults,
  ...redisFaults,
  ...engineFaults,
];
