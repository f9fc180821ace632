/**
 * The shape of the store. Claims write no job row: a job is written when it is enqueued and once at its end.
 *
 * - `job` holds every job. Its `state` is never `active`: a waiting job that stands in a lease is active. No index
 *   names a column that an end changes, and pages keep room, so that the one update stays on its page (HOT). Columns
 *   that an end changes stand together before the texts that it leaves alone: the log then carries the difference.
 * - `ready`, `later` and `held` hold the waiting ones where claims look: due, not yet due, exclusive (`held_limit`).
 *   A lane is what one worker either knows or does not: queue, name, version (and later its group). A claim merges
 *   the heads of the lanes it knows, so it costs the same whatever else waits.
 * - `lease` is one row per claim and queue. `pks` stays as it was claimed, but for those that left it in another way
 *   than by completing (then it is not `intact` any more). All leases of a `session` share its deadline.
 * - `event` has no rows for the happy path (enqueue, claim, complete): these are made from job and lease when read.
 * - `attention` finds the few jobs that a person looks for; `done` keeps the order in which jobs completed, one row
 *   for all that one step completed in a queue; `lane_block` tells in which blocks of 128 numbers a lane has any, and
 *   in which ten minutes these were enqueued.
 * - `tally` counts. Each step adds a row with its differences, and a sweep adds rows up: no step waits for another
 *   one's counter.
 *
 * The sequence gives jobs their numbers and their order. Instants are epoch milliseconds of the server's clock.
 *
 * Functions, in the files beside this one, say for themselves on which path their names are found, and how plans are
 * made, only where the adapter or a person calls them. Those that are called by others run under what these said: to
 * say it anew at each call takes longer than most of their statements.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const tables: Statement<None> = sql`
  CREATE SEQUENCE jobyard.number AS bigint;

  CREATE TABLE jobyard.lane (
    id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue   text    NOT NULL,
    name    text    NOT NULL,
    version integer NOT NULL,
    grp     text    NOT NULL DEFAULT '',
    UNIQUE (queue, name, version, grp)
  );

  CREATE TABLE jobyard.lane_block (
    lane   integer NOT NULL,
    block  bigint  NOT NULL,
    period bigint  NOT NULL
  );
  CREATE INDEX lane_block_place ON jobyard.lane_block (lane, block, period);

  -- The one place that says how numbers are divided; the adapter says it in src/lane-blocks.ts. Small enough that a
  -- type that is rare among others is found by reading few of them, large enough that bulk enqueues write one row for
  -- a hundred jobs.
  CREATE FUNCTION jobyard.block_of(pk bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pk / 128;
  CREATE FUNCTION jobyard.block_start(block bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN block * 128;
  CREATE FUNCTION jobyard.period_of(at bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN at / 600000;

  -- Without CHECKs: for each statement the server reads all of them anew from its catalog. With sixteen the insert of
  -- one job took 58 µs, without 16 (PostgreSQL 18). The functions that write these rows are the only ones that do.
  CREATE TABLE jobyard.job (
    pk               bigint  NOT NULL PRIMARY KEY,
    created_at       bigint  NOT NULL,
    expires_at       bigint,
    lane             integer NOT NULL,
    max_attempts     integer NOT NULL,
    timeout_ms       bigint,
    dedupe_for_ms    bigint,
    ord              bigint,
    run_at           bigint  NOT NULL,
    started_at       bigint,
    finished_at      bigint,
    priority         integer NOT NULL,
    attempt          integer NOT NULL DEFAULT 0,
    rescues          integer NOT NULL DEFAULT 0,
    epoch            integer NOT NULL DEFAULT 0,
    seq              integer NOT NULL DEFAULT 1,
    held_limit       integer,
    claim_written    boolean NOT NULL DEFAULT false,
    cancel_requested boolean NOT NULL DEFAULT false,
    state            text    NOT NULL DEFAULT 'waiting',
    reason           text,
    worker           text,
    result           text,
    last_op          text,
    undo             text,
    progress         text,
    errors           text,
    queue            text    NOT NULL,
    id               text    NOT NULL,
    on_lease_lost    text    NOT NULL,
    dedupe_key       text,
    dedupe_while     text,
    grp              text,
    tags             text,
    backoff          text,
    parent           text,
    payload          text    NOT NULL
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.1);
  CREATE UNIQUE INDEX job_id ON jobyard.job (id, queue);

  CREATE TABLE jobyard.ready (
    lane     integer NOT NULL,
    priority integer NOT NULL,
    ord      bigint  NOT NULL,
    pk       bigint  NOT NULL,
    PRIMARY KEY (lane, priority, ord)
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

  CREATE TABLE jobyard.later (
    queue    text    NOT NULL,
    run_at   bigint  NOT NULL,
    pk       bigint  NOT NULL,
    lane     integer NOT NULL,
    priority integer NOT NULL,
    tried    boolean NOT NULL,
    PRIMARY KEY (queue, run_at, pk)
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
  CREATE INDEX later_lane ON jobyard.later (lane, run_at);
  CREATE INDEX later_tried ON jobyard.later (queue, run_at) WHERE tried;

  CREATE TABLE jobyard.held (
    queue  text    NOT NULL,
    run_at bigint  NOT NULL,
    pk     bigint  NOT NULL,
    lane   integer NOT NULL,
    tried  boolean NOT NULL,
    PRIMARY KEY (queue, run_at, pk)
  );

  CREATE TABLE jobyard.expiry (
    at bigint NOT NULL,
    pk bigint NOT NULL,
    PRIMARY KEY (at, pk)
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

  CREATE TABLE jobyard.session (
    id       text    NOT NULL PRIMARY KEY,
    deadline bigint  NOT NULL,
    alone    boolean NOT NULL
  ) WITH (fillfactor = 50);

  CREATE TABLE jobyard.lease (
    session    text     NOT NULL,
    token      text     NOT NULL,
    queue      text     NOT NULL,
    claimed_at bigint   NOT NULL,
    exclusive  boolean  NOT NULL,
    unsettled  integer  NOT NULL CHECK (unsettled >= 1),
    intact     boolean  NOT NULL DEFAULT true,
    pks        bigint[] NOT NULL,
    PRIMARY KEY (session, token, queue)
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
  -- Compressing the list would cost more than it saves.
  ALTER TABLE jobyard.lease ALTER COLUMN pks SET STORAGE EXTERNAL;

  CREATE TABLE jobyard.attention (
    pk          bigint NOT NULL PRIMARY KEY,
    state       text   NOT NULL CHECK (state IN ('stale', 'dead', 'cancelled')),
    queue       text   NOT NULL,
    at          bigint NOT NULL,
    finished_at bigint,
    fingerprint text
  );
  CREATE INDEX attention_state ON jobyard.attention (state, at, pk);
  CREATE INDEX attention_queue ON jobyard.attention (queue, state, at, pk);
  CREATE INDEX attention_age ON jobyard.attention (queue, state, finished_at, pk) WHERE finished_at IS NOT NULL;

  CREATE TABLE jobyard.done (
    queue       text     NOT NULL,
    finished_at bigint   NOT NULL,
    pk          bigint   NOT NULL,
    pks         bigint[] NOT NULL,
    PRIMARY KEY (queue, finished_at, pk)
  );
  ALTER TABLE jobyard.done ALTER COLUMN pks SET STORAGE EXTERNAL;

  CREATE TABLE jobyard.event (
    pk   bigint  NOT NULL,
    seq  integer NOT NULL CHECK (seq >= 1),
    at   bigint  NOT NULL,
    kind text    NOT NULL,
    data text,
    PRIMARY KEY (pk, seq)
  );

  CREATE TABLE jobyard.dedupe (
    queue  text   NOT NULL,
    key    text   NOT NULL,
    pk     bigint NOT NULL,
    id     text   NOT NULL,
    until  bigint,
    for_ms bigint,
    gone   text,
    PRIMARY KEY (queue, key),
    CHECK ((until IS NULL) = (for_ms IS NULL))
  );
  CREATE INDEX dedupe_until ON jobyard.dedupe (until) WHERE until IS NOT NULL;

  CREATE TABLE jobyard.queue (
    name          text    NOT NULL PRIMARY KEY,
    paused_at     bigint,
    paused_by     text,
    paused_reason text,
    configured    boolean NOT NULL DEFAULT false,
    max_size      bigint CHECK (max_size >= 0),
    retention     text,
    CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
    CHECK (configured = (retention IS NOT NULL))
  );

  CREATE TABLE jobyard.tally (
    queue           text   NOT NULL,
    depth           bigint NOT NULL DEFAULT 0,
    completed       bigint NOT NULL DEFAULT 0,
    completed_bytes bigint NOT NULL DEFAULT 0,
    dead            bigint NOT NULL DEFAULT 0,
    dead_bytes      bigint NOT NULL DEFAULT 0,
    cancelled       bigint NOT NULL DEFAULT 0,
    cancelled_bytes bigint NOT NULL DEFAULT 0
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
  CREATE INDEX tally_queue ON jobyard.tally (queue);

  CREATE TABLE jobyard.trash (
    pk         bigint NOT NULL PRIMARY KEY,
    queue      text   NOT NULL,
    id         text   NOT NULL,
    removed_at bigint NOT NULL,
    entered_at bigint,
    job        text   NOT NULL,
    UNIQUE (queue, id)
  );
  CREATE INDEX trash_age ON jobyard.trash (removed_at);

  CREATE TABLE jobyard.record (
    kind       text    COLLATE "C" NOT NULL,
    id         text    COLLATE "C" NOT NULL,
    version    integer NOT NULL CHECK (version >= 1),
    expires_at bigint,
    doc        text    NOT NULL,
    PRIMARY KEY (kind, id)
  );
  CREATE INDEX record_expiry ON jobyard.record (expires_at) WHERE expires_at IS NOT NULL;

  CREATE FUNCTION jobyard.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
  RETURN (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
`;
