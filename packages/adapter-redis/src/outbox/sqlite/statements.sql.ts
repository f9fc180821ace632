/** The statements on SQLite, written for `jobyard_outbox`; they can be tried in its shell as they stand. */

/** Epoch milliseconds, the same for the whole statement. */
const NOW = "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)";

/** Rows that nobody refused and no relay has. */
const IS_FREE = `refused_at IS NULL AND (claimed_until IS NULL OR claimed_until <= ${NOW})`;

export const findTables: string = `
  SELECT sum(name = ?) > 0 AS has_table, sum(name = ?) > 0 AS has_versions FROM sqlite_schema WHERE type = 'table'
`;

export const readVersion: string = `
  SELECT version, compatible_from FROM jobyard_outbox_version ORDER BY version DESC LIMIT 1
`;

/** JSON list of rows; they get their numbers in its order. */
export const insertRows: string = `
  INSERT INTO jobyard_outbox (queue, id, form, payload, written_at, due_at, expires_at)
  SELECT value ->> '$.queue', value ->> '$.id', value ->> '$.form', value ->> '$.payload',
         ${NOW}, ${NOW} + (value ->> '$.delayMs'), ${NOW} + (value ->> '$.expiresInMs')
    FROM json_each(?)
   ORDER BY key
`;

/** JSON list of queues that are left out. Only reads, so that a relay with nothing to do takes no lock. */
export const findFree: string = `
  SELECT 1 AS found FROM jobyard_outbox
   WHERE ${IS_FREE} AND queue NOT IN (SELECT value FROM json_each(?))
   LIMIT 1
`;

/** Who claims; for how many ms; JSON list of queues that are left out; how many at most. */
export const claimRows: string = `
  UPDATE jobyard_outbox SET claimed_by = ?, claimed_until = ${NOW} + ?
   WHERE seq IN (
           SELECT seq FROM jobyard_outbox
            WHERE ${IS_FREE} AND queue NOT IN (SELECT value FROM json_each(?))
            ORDER BY seq LIMIT ?
         )
  RETURNING seq AS number, queue, id, form, payload, due_at - ${NOW} AS due_in, expires_at - ${NOW} AS expires_in
`;

/** Who claimed; JSON list of numbers. */
export const deleteRows: string = `
  DELETE FROM jobyard_outbox WHERE claimed_by = ? AND seq IN (SELECT value FROM json_each(?))
`;

/** JSON list of number, code and message; who claimed. */
export const refuseRows: string = `
  UPDATE jobyard_outbox
     SET refused_at = ${NOW}, refused_code = given.value ->> '$.code', refused_message = given.value ->> '$.message',
         claimed_by = NULL, claimed_until = NULL
    FROM json_each(?) AS given
   WHERE seq = given.value ->> '$.number' AND claimed_by = ?
`;

/** Who claimed: all that it still has is free again. */
export const freeRows = "UPDATE jobyard_outbox SET claimed_by = NULL, claimed_until = NULL WHERE claimed_by = ?";

export const readStatus: string = `
  SELECT count(*) FILTER (WHERE refused_at IS NULL) AS waiting,
         ${NOW} - min(written_at) FILTER (WHERE refused_at IS NULL) AS oldest_ms,
         count(refused_at) AS refused
    FROM jobyard_outbox
`;

/** How many at most. */
export const listRefused: string = `
  SELECT seq AS number, queue, id, form, payload, refused_code AS code, refused_message AS message, written_at, refused_at
    FROM jobyard_outbox WHERE refused_at IS NOT NULL ORDER BY seq LIMIT ?
`;

/** JSON list of numbers. */
export const retryRefused: string = `
  UPDATE jobyard_outbox SET refused_at = NULL, refused_code = NULL, refused_message = NULL
   WHERE refused_at IS NOT NULL AND seq IN (SELECT value FROM json_each(?))
`;

/** JSON list of numbers. */
export const discardRefused: string = `
  DELETE FROM jobyard_outbox WHERE refused_at IS NOT NULL AND seq IN (SELECT value FROM json_each(?))
`;
