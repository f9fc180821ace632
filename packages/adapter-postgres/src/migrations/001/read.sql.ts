/**
 * What searches need in the database: two small indexes over the lines, and functions that look into texts.
 *
 * A job that never moved has its own number for its place in line, so the primary key of `ready` also sorts by number;
 * an index for the others costs an enqueue nothing. The functions never fail: JSON that Postgres cannot take apart
 * (a NUL, half of a surrogate pair, an abyss of brackets) comes back as it is, and is judged by whoever asked.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const readFunctions: Statement<None> = sql`
  CREATE INDEX ready_moved ON jobyard.ready (pk) WHERE ord <> pk;
  CREATE INDEX later_number ON jobyard.later (pk);

  -- Numbers of due jobs below a place, the highest first, of lanes with one of their priorities each. Jobs that never
  -- moved come by their place in line: all others have a higher number for their place than for themselves, so "<="
  -- says the same as "=". Left to itself the server may find it cheaper to read a whole lane, and to sort it.
  CREATE FUNCTION jobyard.ready_below(lanes integer[], priorities integer[], place bigint, most bigint)
  RETURNS SETOF bigint LANGUAGE sql STABLE SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
    SELECT pk FROM (
      SELECT own.pk FROM unnest(lanes, priorities) AS asked(lane, priority)
       CROSS JOIN LATERAL
        (SELECT ready.pk FROM ready
          WHERE ready.lane = asked.lane AND ready.priority = asked.priority
            AND ready.ord <= (SELECT max(job.pk) FROM job WHERE job.pk < place) AND ready.ord <= ready.pk
          ORDER BY ready.ord DESC LIMIT most) AS own
      UNION ALL
      (SELECT ready.pk FROM ready
        WHERE ready.pk < place AND ready.ord <> ready.pk AND ready.lane = ANY (lanes) ORDER BY ready.pk DESC LIMIT most)
    ) AS every ORDER BY pk DESC LIMIT most
  $$;
  -- The same from a place on, the lowest first.
  CREATE FUNCTION jobyard.ready_from(lanes integer[], priorities integer[], place bigint, most bigint)
  RETURNS SETOF bigint LANGUAGE sql STABLE SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
    SELECT pk FROM (
      SELECT own.pk FROM unnest(lanes, priorities) AS asked(lane, priority)
       CROSS JOIN LATERAL
        (SELECT ready.pk FROM ready
          WHERE ready.lane = asked.lane AND ready.priority = asked.priority
            AND ready.ord BETWEEN place AND (SELECT max(job.pk) FROM job) AND ready.ord <= ready.pk
          ORDER BY ready.ord LIMIT most) AS own
      UNION ALL
      (SELECT ready.pk FROM ready
        WHERE ready.pk >= place AND ready.ord <> ready.pk AND ready.lane = ANY (lanes) ORDER BY ready.pk LIMIT most)
    ) AS every ORDER BY pk LIMIT most
  $$;

  -- Letters as they are compared when their case does not matter. Of those that are no ASCII only the two whose small
  -- letter begins with one: a pattern of ASCII alone finds what it would find with every letter made small.
  CREATE FUNCTION jobyard.fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN replace(replace(lower(value COLLATE "C"), chr(8490), 'k'), chr(304), 'i' || chr(775));

  -- The last of a job's errors, alone in its list.
  CREATE FUNCTION jobyard.last_error(errors text, with_stack boolean) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
  DECLARE
    last json;
  BEGIN
    last := errors::json -> -1;
    RETURN json_build_array(CASE WHEN with_stack THEN last
      ELSE json_build_object('code', last -> 'code', 'message', last -> 'message') END);
  EXCEPTION WHEN OTHERS THEN
    RETURN errors;
  END $$;

  -- What a payload holds, for an index that an operator may add: "path=value" for each value in it, with names and
  -- without the numbers of array elements, in small letters, cut where it is long. A payload that cannot be taken
  -- apart has the one term "?".
  CREATE FUNCTION jobyard.payload_terms(payload text) RETURNS text[]
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
  BEGIN
    RETURN ARRAY(
      WITH RECURSIVE part (path, value, kind) AS (
        SELECT NULL::text, payload::json, json_typeof(payload::json)
        UNION ALL
        SELECT inner_part.path, inner_part.value, json_typeof(inner_part.value)
          FROM part CROSS JOIN LATERAL (
            SELECT CASE WHEN part.path IS NULL THEN member.key ELSE part.path || '.' || member.key END AS path,
                   member.value
              FROM json_each(CASE part.kind WHEN 'object' THEN part.value ELSE '{}' END) AS member
            UNION ALL
            SELECT part.path, element.value
              FROM json_array_elements(CASE part.kind WHEN 'array' THEN part.value ELSE '[]' END) AS element
          ) AS inner_part
         WHERE part.kind IN ('object', 'array')
      )
      SELECT DISTINCT left(path || '=' || jobyard.fold(CASE kind WHEN 'string' THEN value #>> '{}' ELSE value::text END), 200)
        FROM part WHERE path IS NOT NULL AND kind NOT IN ('object', 'array'));
  EXCEPTION WHEN OTHERS THEN
    RETURN ARRAY['?'];
  END $$;
`;
