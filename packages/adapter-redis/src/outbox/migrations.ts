/** The tables of an outbox, version by version: the n-th makes version n. Append only; once released, none changes. */

export interface Migration {
  readonly postgres: string;
  readonly sqlite: string;
  /** The oldest version that a program may know and still work on this one. */
  readonly compatibleFrom: number;
}

/**
 * `seq` gives the order. `written_at`, `due_at`, `expires_at` and `refused_at` are epoch milliseconds of the database's
 * clock. On SQLite, where nobody may hold a lock while a job travels, a relay claims its rows for a time.
 */
const first: Migration = {
  postgres: `
CREATE TABLE public.jobyard_outbox (
  seq             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  written_at      bigint NOT NULL,
  due_at          bigint,
  expires_at      bigint,
  refused_at      bigint,
  queue           text   NOT NULL,
  id              text   NOT NULL,
  form            text   NOT NULL,
  payload         text   NOT NULL,
  refused_code    text,
  refused_message text,
  CHECK ((refused_at IS NULL) = (refused_code IS NULL)),
  CHECK ((refused_at IS NULL) = (refused_message IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

CREATE TABLE public.jobyard_outbox_version (
  version         integer PRIMARY KEY,
  compatible_from integer NOT NULL
);
`,
  sqlite: `
CREATE TABLE jobyard_outbox (
  seq             INTEGER PRIMARY KEY AUTOINCREMENT,
  written_at      INTEGER NOT NULL,
  due_at          INTEGER,
  expires_at      INTEGER,
  refused_at      INTEGER,
  claimed_until   INTEGER,
  claimed_by      TEXT,
  queue           TEXT NOT NULL,
  id              TEXT NOT NULL,
  form            TEXT NOT NULL,
  payload         TEXT NOT NULL,
  refused_code    TEXT,
  refused_message TEXT,
  CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)),
  CHECK ((refused_at IS NULL) = (refused_code IS NULL)),
  CHECK ((refused_at IS NULL) = (refused_message IS NULL))
) STRICT;

CREATE TABLE jobyard_outbox_version (
  version         INTEGER PRIMARY KEY,
  compatible_from INTEGER NOT NULL
) STRICT;
`,
  compatibleFrom: 1,
};

export const MIGRATIONS: readonly Migration[] = [first];

/** Of the tables that this version makes and understands. */
export const TABLE_VERSION: number = MIGRATIONS.length;
