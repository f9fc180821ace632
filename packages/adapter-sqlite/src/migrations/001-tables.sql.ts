/**
 * The shape of the store, but for leases, counters and what retention walks, which have their newest in 002. Claims
 * write no job row: a job is written when it is enqueued and once at its end.
 *
 * - `job` holds every job. Its `state` is never `active`: a waiting job that stands in a lease is active.
 * - `ready`, `later` and `held` hold the waiting ones where claims look: due, not yet due, exclusive (`held_limit`).
 *   A lane is what one worker either knows or does not: queue, name, version (and later its group). A claim merges
 *   the heads of the lanes it knows, so it costs the same whatever else waits.
 * - `lease` is one row per claim and queue: the pks not settled yet. All leases of a `session` share its deadline.
 * - `event` has no rows for the happy path (enqueue, claim, complete): these are made from job and lease when read.
 * - `attention` finds the few jobs that a person looks for. No index names a column of `job` that a settle changes.
 * - `tally` counts: the order numbers (queue ''), and per queue `depth` (waiting, blocked, active) and `completed`.
 *   SQLite has one writer at a time, so a counter that is written once per step is no hot spot here.
 *
 * The CHECKs on `job` say OR where IN would be shorter: SQLite builds a table for every list that it looks into, which
 * doubled the time of an insert and of a completion.
 *
 * Names carry a prefix because the tables may live in the file of an application. Instants are epoch milliseconds.
 */

import { type None, type Statement, sql } from "../statement.ts";

export const tables: Statement<None> = sql`
  CREATE TABLE jobyard_lane (
    id      INTEGER PRIMARY KEY,
    queue   TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    grp     TEXT    NOT NULL DEFAULT '',
    UNIQUE (queue, name, version, grp)
  ) STRICT;

  CREATE TABLE jobyard_job (
    pk               INTEGER PRIMARY KEY,
    queue            TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    lane             INTEGER NOT NULL,
    state            TEXT    NOT NULL,
    reason           TEXT,
    priority         INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2097151),
    ord              INTEGER,
    run_at           INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    started_at       INTEGER,
    finished_at      INTEGER,
    expires_at       INTEGER,
    attempt          INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    max_attempts     INTEGER NOT NULL CHECK (max_attempts >= 1),
    rescues          INTEGER NOT NULL DEFAULT 0 CHECK (rescues >= 0),
    epoch            INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    seq              INTEGER NOT NULL DEFAULT 1 CHECK (seq >= 1),
    claim_written    INTEGER NOT NULL DEFAULT 0 CHECK (claim_written BETWEEN 0 AND 1),
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested BETWEEN 0 AND 1),
    held_limit       INTEGER CHECK (held_limit >= 1),
    timeout_ms       INTEGER,
    on_lease_lost    TEXT    NOT NULL,
    dedupe_key       TEXT,
    dedupe_while     TEXT,
    dedupe_for_ms    INTEGER,
    worker           TEXT,
    last_op          TEXT,
    grp              TEXT,
    tags             TEXT,
    backoff          TEXT,
    parent           TEXT,
    undo             TEXT,
    progress         TEXT,
    errors           TEXT,
    payload          TEXT    NOT NULL,
    result           TEXT,
    CHECK (state = 'waiting' OR state = 'completed' OR state = 'dead' OR state = 'cancelled' OR state = 'stale'
           OR state = 'blocked'),
    CHECK (reason IS NULL OR reason = 'user' OR reason = 'expired' OR reason = 'replaced' OR reason = 'duplicate'
           OR reason = 'handler' OR reason = 'dependency'),
    CHECK (on_lease_lost = 'retry' OR on_lease_lost = 'hold' OR on_lease_lost = 'dead'),
    CHECK (dedupe_while IS NULL OR dedupe_while = 'waiting' OR dedupe_while = 'open' OR dedupe_while = 'for'),
    CHECK ((state = 'cancelled') = (reason IS NOT NULL)),
    CHECK ((state = 'completed' OR state = 'dead' OR state = 'cancelled') = (finished_at IS NOT NULL)),
    CHECK (state = 'waiting' OR cancel_requested = 0),
    CHECK ((dedupe_key IS NULL) = (dedupe_while IS NULL)),
    CHECK (dedupe_while IS NOT 'for' OR dedupe_for_ms IS NOT NULL)
  ) STRICT;
  CREATE UNIQUE INDEX jobyard_job_id ON jobyard_job (id, queue);
  CREATE INDEX jobyard_job_lane ON jobyard_job (lane);

  CREATE TABLE jobyard_ready (
    lane     INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    ord      INTEGER NOT NULL,
    pk       INTEGER NOT NULL,
    PRIMARY KEY (lane, priority, ord)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE jobyard_later (
    queue    TEXT    NOT NULL,
    run_at   INTEGER NOT NULL,
    pk       INTEGER NOT NULL,
    lane     INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    tried    INTEGER NOT NULL CHECK (tried IN (0, 1)),
    PRIMARY KEY (queue, run_at, pk)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobyard_later_lane ON jobyard_later (lane, run_at);
  CREATE INDEX jobyard_later_tried ON jobyard_later (queue, run_at) WHERE tried = 1;

  CREATE TABLE jobyard_held (
    queue  TEXT    NOT NULL,
    run_at INTEGER NOT NULL,
    pk     INTEGER NOT NULL,
    lane   INTEGER NOT NULL,
    tried  INTEGER NOT NULL CHECK (tried IN (0, 1)),
    PRIMARY KEY (queue, run_at, pk)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE jobyard_expiry (
    at INTEGER NOT NULL,
    pk INTEGER NOT NULL,
    PRIMARY KEY (at, pk)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE jobyard_session (
    id       TEXT    NOT NULL PRIMARY KEY,
    deadline INTEGER NOT NULL,
    alone    INTEGER NOT NULL CHECK (alone IN (0, 1))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobyard_session_deadline ON jobyard_session (deadline);

  CREATE TABLE jobyard_lease (
    id         INTEGER PRIMARY KEY,
    token      TEXT    NOT NULL,
    queue      TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    claimed_at INTEGER NOT NULL,
    exclusive  INTEGER NOT NULL CHECK (exclusive IN (0, 1)),
    unsettled  INTEGER NOT NULL CHECK (unsettled >= 1),
    pks        TEXT    NOT NULL,
    UNIQUE (token, queue)
  ) STRICT;
  CREATE INDEX jobyard_lease_session ON jobyard_lease (session);

  CREATE TABLE jobyard_attention (
    pk          INTEGER PRIMARY KEY,
    state       TEXT    NOT NULL CHECK (state = 'stale' OR state = 'dead' OR state = 'cancelled'),
    queue       TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    finished_at INTEGER,
    fingerprint TEXT
  ) STRICT;
  CREATE INDEX jobyard_attention_state ON jobyard_attention (state, at);
  CREATE INDEX jobyard_attention_queue ON jobyard_attention (queue, state, at);
  CREATE INDEX jobyard_attention_age ON jobyard_attention (queue, state, finished_at) WHERE finished_at IS NOT NULL;

  CREATE TABLE jobyard_event (
    pk   INTEGER NOT NULL,
    seq  INTEGER NOT NULL CHECK (seq >= 1),
    at   INTEGER NOT NULL,
    kind TEXT    NOT NULL,
    data TEXT,
    PRIMARY KEY (pk, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE jobyard_dedupe (
    queue  TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    pk     INTEGER NOT NULL,
    id     TEXT    NOT NULL,
    until  INTEGER,
    for_ms INTEGER,
    gone   TEXT,
    PRIMARY KEY (queue, key),
    CHECK ((until IS NULL) = (for_ms IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobyard_dedupe_until ON jobyard_dedupe (until) WHERE until IS NOT NULL;

  CREATE TABLE jobyard_queue (
    name          TEXT NOT NULL PRIMARY KEY,
    paused_at     INTEGER,
    paused_by     TEXT,
    paused_reason TEXT,
    configured    INTEGER NOT NULL DEFAULT 0 CHECK (configured IN (0, 1)),
    max_size      INTEGER CHECK (max_size >= 0),
    retention     TEXT,
    CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
    CHECK ((configured = 1) = (retention IS NOT NULL))
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE jobyard_tally (
    queue TEXT    NOT NULL,
    name  TEXT    NOT NULL,
    value INTEGER NOT NULL CHECK (value >= 0),
    PRIMARY KEY (queue, name)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO jobyard_tally (queue, name, value) VALUES ('', 'order', 0);

  CREATE TABLE jobyard_trash (
    pk         INTEGER PRIMARY KEY,
    queue      TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    removed_at INTEGER NOT NULL,
    entered_at INTEGER,
    job        TEXT    NOT NULL,
    UNIQUE (queue, id)
  ) STRICT;
  CREATE INDEX jobyard_trash_age ON jobyard_trash (removed_at);

  CREATE TABLE jobyard_record (
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL CHECK (version >= 1),
    expires_at INTEGER,
    doc        TEXT    NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobyard_record_expiry ON jobyard_record (expires_at) WHERE expires_at IS NOT NULL;
`;
