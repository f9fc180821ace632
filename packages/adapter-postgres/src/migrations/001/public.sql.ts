/**
 * For people at psql, triggers, and programs in other languages: an enqueue that is part of the caller's transaction,
 * checked like one that comes through core, and judged by the same function.
 *
 * Nothing here runs with rights other than the caller's. A payload is kept byte for byte if it is passed as text or
 * json; jsonb has its own order of keys.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const publicFunctions: Statement<None> = sql`
  -- UUIDs of version 7, each after the one before: 12 bits behind the milliseconds begin as their fraction, and count.
  CREATE FUNCTION jobyard.new_ids(n integer) RETURNS text[]
  LANGUAGE plpgsql AS $$
  DECLARE
    stamp bigint := floor(extract(epoch FROM clock_timestamp()) * 1000 * 4096);
  BEGIN
    RETURN ARRAY(
      SELECT overlay(left(digits, 12) PLACING '-' FROM 9 FOR 0) || '-7' || right(digits, 3)
             || substr(gen_random_uuid()::text, 19)
        FROM generate_series(stamp, stamp + n - 1) AS each, lpad(to_hex(each), 15, '0') AS digits
       ORDER BY each);
  END $$;

  -- True if both texts are the same JSON value. Texts with NUL or half a surrogate pair, which jsonb cannot hold, have
  -- to be the same letter by letter.
  CREATE FUNCTION jobyard.same_json(a text, b text) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN
    RETURN a = b OR a::jsonb = b::jsonb;
  EXCEPTION WHEN untranslatable_character OR invalid_text_representation THEN
    RETURN false;
  END $$;

  -- What is asked of a job but for its id and payload, with core's defaults.
  CREATE FUNCTION jobyard.form_of(queue text, name text, options jsonb) RETURNS jobyard.order_form
  LANGUAGE plpgsql AS $$
  DECLARE
    form jobyard.order_form;
    dedupe jsonb := options -> 'dedupe';
    held jsonb := dedupe -> 'while';
  BEGIN
    form.queue := check_name(coalesce(to_jsonb(queue), 'null'), 'queue');
    form.name := check_name(coalesce(to_jsonb(name), 'null'), 'name');
    PERFORM check_known(options, '{jobId,version,priority,maxAttempts,backoff,timeout,expiresIn,onLeaseLost,tags,'
                                 'delay,runAt,dedupe,group}', 'enqueue');
    form.grp := check_name(options -> 'group', 'group');
    form.version := coalesce(check_whole(options -> 'version', 1, 2147483647, 'version'), 1);
    form.priority := coalesce(check_whole(options -> 'priority', 0, 2097151, 'priority'), 0);
    form.max_attempts := coalesce(check_whole(options -> 'maxAttempts', 1, 1000000, 'maxAttempts'), 3);
    form.backoff := coalesce(check_backoff(options -> 'backoff'), 'd1');
    form.timeout_ms := check_positive(options -> 'timeout', 'timeout');
    form.expires_ms := check_positive(options -> 'expiresIn', 'expiresIn');
    form.on_lease_lost := coalesce(check_one_of(options -> 'onLeaseLost', '{retry,hold,dead}', 'onLeaseLost'), 'retry');
    form.tags := check_tags(options -> 'tags');
    form.delay_ms := check_duration(options -> 'delay', 'delay');
    form.at := check_instant(options -> 'runAt', 'runAt');
    IF form.at IS NULL THEN
      form.delay_ms := coalesce(form.delay_ms, 0);
    ELSIF form.delay_ms IS NOT NULL THEN
      PERFORM refuse('BAD_OPTION', 'runAt', 'runAt: give either delay or runAt, not both');
    END IF;
    IF dedupe IS NOT NULL THEN
      PERFORM check_known(dedupe, '{key,while,onConflict}', 'dedupe');
      form.dedupe_key := check_name(coalesce(dedupe -> 'key', 'null'), 'dedupe.key');
      form.on_conflict :=
        coalesce(check_one_of(dedupe -> 'onConflict', '{skip,replace,extend}', 'dedupe.onConflict'), 'skip');
      IF jsonb_typeof(held) = 'object' THEN
        PERFORM check_known(held, '{for}', 'dedupe.while');
        form.dedupe_while := 'for';
        form.dedupe_for_ms := check_positive(coalesce(held -> 'for', 'null'), 'dedupe.while.for');
      ELSE
        form.dedupe_while := coalesce(check_one_of(held, '{waiting,open}', 'dedupe.while'), 'open');
      END IF;
    END IF;
    RETURN form;
  END $$;

  -- All of them or none. The ids in order; where a job was there already, or the key is held, the id of that one.
  CREATE FUNCTION jobyard.enqueue_texts(form jobyard.order_form, ids text[], payloads text[]) RETURNS text[]
  LANGUAGE plpgsql AS $$
  DECLARE
    place integer;
    met json;
  BEGIN
    form.ids := array_to_string(ids, E'\\x1e');
    form.payloads := array_to_string(payloads, E'\\x1e');
    FOR place, met IN
      SELECT (told ->> 'place')::integer + 1, told -> 'met'
        FROM json_array_elements(enqueue_forms(ARRAY[form], true)::json) AS told
    LOOP
      CASE met ->> 'met'
        WHEN 'key' THEN
          ids[place] := met ->> 'id';
        WHEN 'bound' THEN
          PERFORM refuse('QUEUE_FULL', 'queue', format('queue %s: %s of %s places are taken',
                                                       form.queue, met ->> 'depth', met ->> 'max_size'));
        WHEN 'id' THEN
          IF met ->> 'name' <> form.name OR NOT same_json(met ->> 'payload', payloads[place]) THEN
            PERFORM refuse('ID_CONFLICT', 'jobId', format('%s/%s', form.queue, ids[place]));
          END IF;
        ELSE NULL;
      END CASE;
    END LOOP;
    PERFORM notify_queues(json_build_array(form.queue));
    RETURN ids;
  END $$;

  -- Workers and dashboards hear at the commit that there is something new in these queues. How many were named.
  CREATE FUNCTION jobyard.notify_queues(queues json) RETURNS integer
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp AS $$
  BEGIN
    -- A notification has less than 8000 bytes; null means all queues.
    PERFORM pg_notify('jobyard_' || current_schema(),
                      CASE WHEN octet_length(queues::text) < 7900 THEN queues::text ELSE 'null' END);
    RETURN json_array_length(queues);
  END $$;

  CREATE FUNCTION jobyard.enqueue(queue text, name text, payload text, options jsonb DEFAULT '{}') RETURNS text
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp AS $$
  DECLARE
    form jobyard.order_form := form_of(queue, name, options);
    id text := coalesce(check_id(options -> 'jobId', 'jobId'), (new_ids(1))[1]);
  BEGIN
    RETURN (enqueue_texts(form, ARRAY[id], ARRAY[check_payload(payload, name)]))[1];
  END $$;

  CREATE FUNCTION jobyard.enqueue(queue text, name text, payload json, options jsonb DEFAULT '{}') RETURNS text
  LANGUAGE sql RETURN jobyard.enqueue(queue, name, payload::text, options);

  CREATE FUNCTION jobyard.enqueue(queue text, name text, payload jsonb, options jsonb DEFAULT '{}') RETURNS text
  LANGUAGE sql RETURN jobyard.enqueue(queue, name, payload::text, options);

  -- One job for each item of a JSON array.
  CREATE FUNCTION jobyard.enqueue_many(queue text, name text, payloads text, options jsonb DEFAULT '{}')
  RETURNS SETOF text
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp AS $$
  DECLARE
    form jobyard.order_form := form_of(queue, name, options);
    items text[];
  BEGIN
    IF options ? 'jobId' THEN
      PERFORM refuse('BAD_OPTION', 'jobId', 'jobId: one id cannot name many jobs; enqueue them one by one');
    END IF;
    IF payloads IS NULL OR json_typeof(check_json(payloads, name)) <> 'array' THEN
      PERFORM refuse('PAYLOAD_INVALID', 'payloads', name || ': the payloads are no JSON array',
                     'Pass an array with one item for each job, such as json_agg(…) makes.');
    END IF;
    SELECT coalesce(array_agg(check_payload(item::text, format('%s: payload %s', name, place)) ORDER BY place), '{}')
      INTO items FROM json_array_elements(payloads::json) WITH ORDINALITY AS list(item, place);
    IF cardinality(items) = 0 THEN RETURN; END IF;
    RETURN QUERY SELECT unnest(enqueue_texts(form, new_ids(cardinality(items)), items));
  END $$;

  CREATE FUNCTION jobyard.enqueue_many(queue text, name text, payloads json, options jsonb DEFAULT '{}')
  RETURNS SETOF text LANGUAGE sql
  BEGIN ATOMIC SELECT jobyard.enqueue_many(queue, name, payloads::text, options); END;

  CREATE FUNCTION jobyard.enqueue_many(queue text, name text, payloads jsonb, options jsonb DEFAULT '{}')
  RETURNS SETOF text LANGUAGE sql
  BEGIN ATOMIC SELECT jobyard.enqueue_many(queue, name, payloads::text, options); END;
`;
