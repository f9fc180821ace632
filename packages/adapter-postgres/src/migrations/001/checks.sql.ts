/**
 * What core checks of a job before it enqueues it, for those who come by SQL: the same names, ranges and defaults, the
 * same codes. An option that is not given is SQL's NULL, which every check lets pass; JSON's `null` is a value, and no
 * good one.
 *
 * What is refused is raised as `CODE: field: words`, with the field as `column_name` too, and a hint what to do.
 *
 * Other than core the database lets characters pass that Unicode has not assigned yet: which ones those are differs
 * between versions of Node.js, too.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const checkFunctions: Statement<None> = sql`
  CREATE FUNCTION jobyard.refuse(code text, field text, words text, cure text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION USING
      MESSAGE = code || ': ' || words,
      DETAIL = 'Field: ' || field,
      COLUMN = field,
      ERRCODE = CASE code
        WHEN 'ID_CONFLICT' THEN '23505'       -- unique_violation
        WHEN 'QUEUE_FULL' THEN '53400'        -- configuration_limit_exceeded
        WHEN 'PAYLOAD_INVALID' THEN '22032'   -- invalid_json_text
        WHEN 'PAYLOAD_TOO_LARGE' THEN '54000' -- program_limit_exceeded
        ELSE '22023'                          -- invalid_parameter_value
      END,
      HINT = coalesce(cure, CASE code
        WHEN 'BAD_NAME' THEN 'Names and ids have 1 to 128 printable characters, no colon and no control characters, and an id is neither a plain number nor one of the words that Redis needs (wait, active, id …). Change the field named here.'
        WHEN 'BAD_DURATION' THEN 'A duration is a number of milliseconds or a text like "250ms", "10s", "5m", "2h" or "7d", from 0 to 100 years.'
        WHEN 'BAD_OPTION' THEN 'An option has a value that cannot be used. Change the field named here.'
        WHEN 'PAYLOAD_INVALID' THEN 'The payload is not what the job accepts. Correct what is named here.'
        WHEN 'PAYLOAD_TOO_LARGE' THEN 'The payload is over the size limit. Store the data elsewhere and pass a reference.'
        WHEN 'ID_CONFLICT' THEN 'Another job with this id has another payload. Use a new id, or remove the job first.'
        WHEN 'QUEUE_FULL' THEN 'The queue is at its maximum size, so the job was not accepted. Try again after 1000 ms.'
      END);
  END $$;

  -- A value as a message shows it.
  CREATE FUNCTION jobyard.shown(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN char_length(value::text) > 60 THEN left(value::text, 57) || '…' ELSE value::text END;

  -- Which word was meant, by the pairs of letters that two words share; null if none is near.
  CREATE FUNCTION jobyard.nearest(given text, known text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    WITH word AS (
      SELECT spelled, regexp_replace(lower(spelled), '[^a-z]', '', 'g') AS letters, place
        FROM unnest(given || known) WITH ORDINALITY AS list(spelled, place)
    ), pair AS (
      SELECT spelled, place, substr(letters, n, 2) AS two, char_length(letters) - 1 AS n_pairs
        FROM word, generate_series(1, char_length(letters) - 1) AS n
    )
    SELECT theirs.spelled FROM pair AS ours JOIN pair AS theirs ON theirs.two = ours.two AND theirs.place > 1
     WHERE ours.place = 1
     GROUP BY theirs.spelled, ours.n_pairs, theirs.n_pairs
    HAVING 2 * count(DISTINCT ours.two) >= 0.4 * (ours.n_pairs + theirs.n_pairs)
     ORDER BY count(DISTINCT ours.two)::float8 / (ours.n_pairs + theirs.n_pairs) DESC, theirs.spelled LIMIT 1
  $$;

  CREATE FUNCTION jobyard.check_known(options jsonb, known text[], subject text) RETURNS void
  LANGUAGE plpgsql STRICT AS $$
  DECLARE
    stranger text;
    meant text;
  BEGIN
    IF jsonb_typeof(options) <> 'object' THEN
      PERFORM refuse('BAD_OPTION', subject, subject || ': must be an object');
    END IF;
    SELECT given INTO stranger FROM jsonb_object_keys(options) AS given WHERE given <> ALL (known) LIMIT 1;
    IF FOUND THEN
      meant := nearest(stranger, known);
      PERFORM refuse('BAD_OPTION', stranger,
                     format('%s: %s has no such option; there are %s', stranger, subject, array_to_string(known, ', ')),
                     'Did you mean ' || meant || '?');
    END IF;
  END $$;

  -- No colon; no controls, formats, line or paragraph separators; nothing that is for private use or will never be a
  -- character, and nothing of a plane that is empty; no space at the ends.
  CREATE FUNCTION jobyard.check_name(value jsonb, field text) RETURNS text LANGUAGE plpgsql STRICT AS $$
  DECLARE
    name text := value #>> '{}';
    refused text := E'[:\\u0001-\\u001f\\u007f-\\u009f\\u00ad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2'
      || E'\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\ufeff\\ufff9-\\ufffb'
      || E'\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a'
      || E'\\ue000-\\uf8ff\\ufdd0-\\ufdef\\ufffe\\uffff\\U0001fffe\\U0001ffff\\U0002fffe\\U0002ffff'
      || E'\\U0003fffe-\\U000e00ff\\U000e01f0-\\U0010ffff]';
    space text := E'[ \\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]';
  BEGIN
    IF jsonb_typeof(value) <> 'string' OR char_length(name) NOT BETWEEN 1 AND 128
       OR name COLLATE "C" ~ (refused || '|^' || space || '|' || space || '$')
    THEN
      PERFORM refuse('BAD_NAME', field, field || ': ' || shown(value));
    END IF;
    RETURN name;
  END $$;

  CREATE FUNCTION jobyard.check_id(value jsonb, field text) RETURNS text LANGUAGE plpgsql STRICT AS $$
  DECLARE
    -- What BullMQ keeps in Redis beside the jobs of a queue.
    beside_jobs text[] := '{active,completed,delayed,failed,paused,prioritized,priority,wait,waiting-children,'
                          'de,events,id,limiter,marker,meta,pc,repeat,stalled,stalled-check}';
  BEGIN
    IF check_name(value, field) COLLATE "C" ~ '^[0-9]+$' OR value #>> '{}' = ANY (beside_jobs) THEN
      PERFORM refuse('BAD_NAME', field, field || ': ' || shown(value));
    END IF;
    RETURN value #>> '{}';
  END $$;

  CREATE FUNCTION jobyard.check_whole(value jsonb, low bigint, high bigint, field text) RETURNS bigint
  LANGUAGE plpgsql STRICT AS $$
  DECLARE
    number numeric := CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric END;
  BEGIN
    IF number BETWEEN low AND high AND number = trunc(number) THEN RETURN number; END IF;
    PERFORM refuse('BAD_OPTION', field,
                   format('%s: %s is not a whole number from %s to %s', field, shown(value), low, high));
  END $$;

  CREATE FUNCTION jobyard.check_one_of(value jsonb, known text[], field text) RETURNS text LANGUAGE plpgsql STRICT AS $$
  BEGIN
    IF jsonb_typeof(value) = 'string' AND value #>> '{}' = ANY (known) THEN RETURN value #>> '{}'; END IF;
    PERFORM refuse('BAD_OPTION', field,
                   format('%s: %s is not one of %s', field, shown(value), array_to_string(known, ', ')));
  END $$;

  -- Whole milliseconds, rounded.
  CREATE FUNCTION jobyard.check_duration(value jsonb, field text) RETURNS bigint LANGUAGE plpgsql STRICT AS $$
  DECLARE
    parts text[] := regexp_match(value #>> '{}', '^\\s*([0-9]{1,15}(?:\\.[0-9]{1,15})?)(ms|s|m|h|d)\\s*$');
    ms numeric := CASE jsonb_typeof(value)
      WHEN 'number' THEN value::numeric
      WHEN 'string' THEN parts[1]::numeric * CASE parts[2]
        WHEN 'ms' THEN 1 WHEN 's' THEN 1000 WHEN 'm' THEN 60000 WHEN 'h' THEN 3600000 WHEN 'd' THEN 86400000 END
      END;
  BEGIN
    IF ms BETWEEN 0 AND 3162240000000 THEN RETURN floor(ms + 0.5); END IF;
    PERFORM refuse('BAD_DURATION', field, field || ': ' || shown(value));
  END $$;

  CREATE FUNCTION jobyard.check_positive(value jsonb, field text) RETURNS bigint LANGUAGE plpgsql STRICT AS $$
  DECLARE
    ms bigint := check_duration(value, field);
  BEGIN
    IF ms = 0 THEN PERFORM refuse('BAD_OPTION', field, field || ': must be longer than 0 ms'); END IF;
    RETURN ms;
  END $$;

  -- Milliseconds since 1970, or a time with its zone, as to_jsonb(now()) writes it.
  CREATE FUNCTION jobyard.check_instant(value jsonb, field text) RETURNS bigint LANGUAGE plpgsql STRICT AS $$
  DECLARE
    written text := CASE jsonb_typeof(value) WHEN 'string' THEN value #>> '{}' END;
    zoned text := '^[0-9]{4,6}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?'
                  '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$';
    ms bigint;
  BEGIN
    IF written IS NULL THEN RETURN check_whole(value, 0, 8640000000000000, field); END IF;
    IF written COLLATE "C" ~ zoned THEN
      BEGIN
        ms := floor(extract(epoch FROM written::timestamptz) * 1000);
      EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format OR invalid_time_zone_displacement_value THEN
        ms := NULL;
      END;
    END IF;
    IF ms BETWEEN 0 AND 8640000000000000 THEN RETURN ms; END IF;
    PERFORM refuse('BAD_OPTION', field, format('%s: %s is neither milliseconds since 1970 nor a time with its zone, '
      'such as "2030-01-31T09:00:00Z"', field, shown(value)));
  END $$;

  -- As it is stored: see stored-backoff.ts in core.
  CREATE FUNCTION jobyard.check_backoff(value jsonb) RETURNS text LANGUAGE plpgsql STRICT AS $$
  DECLARE
    delay bigint;
    most bigint;
    jitter jsonb;
    rule text;
  BEGIN
    IF jsonb_typeof(value) = 'array' THEN
      IF jsonb_array_length(value) = 0 THEN
        PERFORM refuse('BAD_OPTION', 'backoff', 'backoff: a list of delays needs one or more');
      END IF;
      RETURN (SELECT to_json(array_agg(check_duration(one, format('backoff[%s]', place - 1)) ORDER BY place))::text
                FROM jsonb_array_elements(value) WITH ORDINALITY AS list(one, place));
    END IF;
    PERFORM check_known(value, '{type,delay,maxDelay,jitter}', 'backoff');
    delay := check_duration(coalesce(value -> 'delay', 'null'), 'backoff.delay');
    most := coalesce(check_duration(value -> 'maxDelay', 'backoff.maxDelay'), greatest(delay, 600000));
    jitter := coalesce(value -> 'jitter', '0');
    IF jsonb_typeof(jitter) <> 'number' OR jitter::numeric NOT BETWEEN 0 AND 1 THEN
      PERFORM refuse('BAD_OPTION', 'backoff.jitter',
                     format('backoff.jitter: %s is not a share from 0 to 1', shown(jitter)));
    END IF;
    rule := format('["%s",%s,%s,%s]',
                   check_one_of(coalesce(value -> 'type', 'null'), '{fixed,linear,exponential}', 'backoff.type'),
                   delay, most, trim_scale(jitter::numeric));
    RETURN CASE rule WHEN '["exponential",1000,600000,0.2]' THEN 'd1' ELSE rule END;
  END $$;

  -- As it is stored: JSON, null if there are none, each once.
  CREATE FUNCTION jobyard.check_tags(value jsonb) RETURNS text LANGUAGE plpgsql STRICT AS $$
  BEGIN
    IF jsonb_typeof(value) <> 'array' THEN
      PERFORM refuse('BAD_OPTION', 'tags', 'tags: must be a list of at most 20');
    ELSIF jsonb_array_length(value) > 20 THEN
      PERFORM refuse('BAD_OPTION', 'tags', 'tags: must be a list of at most 20');
    END IF;
    RETURN (SELECT to_json(array_agg(tag ORDER BY place))::text
              FROM (SELECT check_name(one, 'tags') AS tag, min(place) AS place
                      FROM jsonb_array_elements(value) WITH ORDINALITY AS list(one, place) GROUP BY tag) AS tags
            HAVING count(*) > 0);
  END $$;

  CREATE FUNCTION jobyard.check_json(given text, subject text) RETURNS json LANGUAGE plpgsql AS $$
  DECLARE
    reason text;
  BEGIN
    RETURN given::json;
  EXCEPTION WHEN invalid_text_representation OR statement_too_complex THEN
    GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
    PERFORM refuse('PAYLOAD_INVALID', 'payload',
                   format('%s: not JSON: %s', subject, coalesce(nullif(reason, ''), SQLERRM)),
                   'Pass a JSON text; to_json(value) makes one of any value.');
  END $$;

  -- The text itself if it is JSON and not too large.
  CREATE FUNCTION jobyard.check_payload(payload text, subject text) RETURNS text LANGUAGE plpgsql AS $$
  BEGIN
    IF payload IS NULL THEN
      PERFORM refuse('PAYLOAD_INVALID', 'payload', subject || ': the payload is NULL',
                     'Pass ''null'' if the null of JSON is meant.');
    END IF;
    IF octet_length(payload) > 1048576 THEN
      PERFORM refuse('PAYLOAD_TOO_LARGE', 'payload',
                     format('%s: %s bytes, at most 1048576', subject, octet_length(payload)));
    END IF;
    PERFORM check_json(payload, subject);
    RETURN payload;
  END $$;
`;
