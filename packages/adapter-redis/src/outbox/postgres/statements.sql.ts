/**
 * The statements on Postgres. Values travel as text, so that any client may carry them; numbers come as `float8`, which
 * no client changes. They are written for `public.jobyard_outbox` and can be tried in psql as they stand.
 */

/** Epoch milliseconds of the server, the same for the whole statement. */
const NOW = "floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint";

/**
 * How many rows wait changes by the minute, and statistics lag behind: without sorting the plan goes along the numbers,
 * and takes as long for a thousand rows as for a million. Sent without values, as two statements.
 */
export const begin = "BEGIN; SET LOCAL enable_sort = off";

export const openBracket = "SAVEPOINT jobyard_outbox";
export const keepBracket = "RELEASE SAVEPOINT jobyard_outbox";
export const undoBracket = "ROLLBACK TO SAVEPOINT jobyard_outbox";

export const findTables: string = `
  SELECT to_regclass('public.jobyard_outbox') IS NOT NULL AS has_table,
         to_regclass('public.jobyard_outbox_version') IS NOT NULL AS has_versions
`;

export const readVersion: string = `
  SELECT version::float8 AS version, compatible_from::float8 AS compatible_from
    FROM public.jobyard_outbox_version ORDER BY version DESC LIMIT 1
`;

/** $1: JSON list of rows; they get their numbers in its order. */
export const insertRows: string = `
  INSERT INTO public.jobyard_outbox (queue, id, form, payload, written_at, due_at, expires_at)
  SELECT queue, id, form, payload, ${NOW}, ${NOW} + delay_ms, ${NOW} + expires_ms
    FROM ROWS FROM (
           json_to_recordset($1::text::json)
           AS (queue text, id text, form text, payload text, "delayMs" bigint, "expiresInMs" bigint)
         ) WITH ORDINALITY AS given (queue, id, form, payload, delay_ms, expires_ms, place)
   ORDER BY place
`;

/** $1: how many at most; $2: array of the queues that are left out. Rows of another relay are passed by. */
export const takeRows: string = `
  SELECT seq::float8 AS number, queue, id, form, payload,
         (due_at - ${NOW})::float8 AS due_in, (expires_at - ${NOW})::float8 AS expires_in
    FROM public.jobyard_outbox
   WHERE refused_at IS NULL AND queue <> ALL ($2::text[])
   ORDER BY seq
   LIMIT $1::text::integer
     FOR UPDATE SKIP LOCKED
`;

/** $1: array of numbers. */
export const deleteRows = "DELETE FROM public.jobyard_outbox WHERE seq = ANY ($1::bigint[])";

/** $1: JSON list of number, code and message. */
export const refuseRows: string = `
  UPDATE public.jobyard_outbox AS job
     SET refused_at = ${NOW}, refused_code = given.code, refused_message = given.message
    FROM json_to_recordset($1::text::json) AS given (number bigint, code text, message text)
   WHERE job.seq = given.number
`;

export const readStatus: string = `
  SELECT count(*) FILTER (WHERE refused_at IS NULL)::float8 AS waiting,
         (${NOW} - min(written_at) FILTER (WHERE refused_at IS NULL))::float8 AS oldest_ms,
         count(refused_at)::float8 AS refused
    FROM public.jobyard_outbox
`;

/** $1: how many at most. */
export const listRefused: string = `
  SELECT seq::float8 AS number, queue, id, form, payload, refused_code AS code, refused_message AS message,
         written_at::float8 AS written_at, refused_at::float8 AS refused_at
    FROM public.jobyard_outbox
   WHERE refused_at IS NOT NULL
   ORDER BY seq
   LIMIT $1::text::integer
`;

/** $1: array of numbers. */
export const retryRefused: string = `
  UPDATE public.jobyard_outbox SET refused_at = NULL, refused_code = NULL, refused_message = NULL
   WHERE refused_at IS NOT NULL AND seq = ANY ($1::bigint[])
  RETURNING seq::float8 AS number
`;

/** $1: array of numbers. */
export const discardRefused: string = `
  DELETE FROM public.jobyard_outbox WHERE refused_at IS NOT NULL AND seq = ANY ($1::bigint[])
  RETURNING seq::float8 AS number
`;

/** $1: name of the place. One process at a time makes tables. */
export const lockMigrations = "SELECT pg_advisory_xact_lock(hashtext('outbox ' || $1::text))::text AS locked";

/** $1: the schema. */
export const findSchema = "SELECT count(*)::float8 AS found FROM pg_namespace WHERE nspname = $1::text";
