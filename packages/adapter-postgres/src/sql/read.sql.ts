/** What people read: jobs, their leases and events, and the rows that a search looks at. */

import type { Instant, JobType, JsonText, State } from "@jobyard/core/adapter";
import type { JobRow, SummaryRow } from "../rows.ts";
import { type None, type Statement, sql } from "../statement.ts";

interface Pks {
  readonly pks: readonly number[];
}

/** `place` counts the addresses from 1, those without a job too. */
export const jobsByRefs: Statement<
  { readonly queues: readonly string[]; readonly ids: readonly string[] },
  JobRow & { readonly place: number }
> = sql`
  SELECT asked.place, job.*, lane.name, lane.version
    FROM unnest(@queues::text[], @ids::text[]) WITH ORDINALITY AS asked(queue, id, place)
    JOIN jobyard.job ON job.id = asked.id AND job.queue = asked.queue
    JOIN jobyard.lane ON lane.id = job.lane
`;

/** In no order. */
export const summariesByPk: Statement<Pks, SummaryRow> = sql`
  SELECT job.pk, job.queue, job.id, job.lane, lane.name, lane.version, job.state, job.reason, job.priority, job.ord,
         job.run_at, job.created_at, job.started_at, job.finished_at, job.expires_at, job.attempt, job.max_attempts,
         job.rescues, job.epoch, job.seq, job.claim_written, job.cancel_requested, job.held_limit, job.timeout_ms,
         job.on_lease_lost, job.dedupe_key, job.dedupe_while, job.dedupe_for_ms, job.worker, job.last_op, job.grp,
         job.tags, job.backoff, job.parent, job.progress, jobyard.last_error(job.errors, true) AS errors
    FROM jobyard.job JOIN jobyard.lane ON lane.id = job.lane
   WHERE job.pk = ANY (@pks::bigint[])
`;

export const queuesOfId: Statement<{ readonly id: string }, { readonly queue: string }> = sql`
  SELECT queue FROM jobyard.job WHERE id = @id ORDER BY queue
`;

export interface HoldingRow {
  readonly pk: number;
  readonly session: string;
  readonly token: string;
  readonly claimed_at: Instant;
  readonly deadline: Instant;
}
/** Of these jobs those that stand in a lease: active ones, and completed ones of claims that are still open. */
export const leasesOf: Statement<Pks, HoldingRow> = sql`
  SELECT member.pk, lease.session, lease.token, lease.claimed_at, session.deadline
    FROM jobyard.lease
    JOIN jobyard.session ON session.id = lease.session
   CROSS JOIN LATERAL unnest(lease.pks) AS member(pk)
   WHERE member.pk = ANY (@pks::bigint[])
`;

/** What is written of a job's events after one of them, and what the others are made from. */
export interface EventsRow {
  readonly state: Exclude<State, "active">;
  readonly attempt: number;
  readonly seq: number;
  readonly claim_written: boolean;
  readonly worker: string | null;
  readonly created_at: Instant;
  readonly started_at: Instant | null;
  readonly finished_at: Instant | null;
  /** Of its lease, if it stands in one. */
  readonly session: string | null;
  readonly claimed_at: Instant | null;
  /** JSON list, null if there is none. */
  readonly written: JsonText | null;
  /** The job's last event is written; the one before it is. */
  readonly has_last: boolean;
  readonly has_second_last: boolean;
}
/** In one statement: the Job page and the model runs of the tests ask for it all the time. */
export const eventsAfter: Statement<
  { readonly queue: string; readonly id: string; readonly after: number; readonly limit: number },
  EventsRow
> = sql`
  SELECT job.state, job.attempt, job.seq, job.claim_written, job.worker, job.created_at, job.started_at,
         job.finished_at, leased.session, leased.claimed_at,
         (SELECT json_agg(json_build_object('seq', seq, 'at', at, 'kind', kind, 'data', data) ORDER BY seq)::text
            FROM (SELECT seq, at, kind, data FROM jobyard.event
                   WHERE event.pk = job.pk AND event.seq > @after::bigint
                   ORDER BY event.seq LIMIT @limit::bigint) AS next) AS written,
         EXISTS (SELECT FROM jobyard.event WHERE event.pk = job.pk AND event.seq = job.seq) AS has_last,
         EXISTS (SELECT FROM jobyard.event WHERE event.pk = job.pk AND event.seq = job.seq - 1) AS has_second_last
    FROM jobyard.job
    LEFT JOIN LATERAL (
      SELECT lease.session, lease.claimed_at FROM jobyard.lease
       WHERE job.state = 'waiting' AND lease.queue = job.queue AND job.pk = ANY (lease.pks) LIMIT 1
    ) AS leased ON true
   WHERE job.id = @id AND job.queue = @queue
`;

export type NamedLane = JobType & { readonly id: number };
export const allLanes: Statement<None, NamedLane> = sql`
  SELECT id, queue, name, version FROM jobyard.lane
`;

// ── the rows that a search looks at ──────────────────────────────────────────────────────────────

/** Texts are most of what a row costs on its way. */
export interface WantedTexts {
  readonly withNames: boolean;
  readonly withErrors: boolean;
  readonly withPayload: boolean;
  readonly withResult: boolean;
}
export interface Looked extends WantedTexts, Pks {
  /** Jobs that stand in leases, and from when and by whom. */
  readonly active: readonly number[];
  readonly sessions: readonly string[];
  readonly claimed: readonly Instant[];
  readonly upTo: Instant | null;
  readonly lanes: readonly number[] | null;
  /** Payloads and results of more bytes are left out. */
  readonly smallBytes: number;
}
export interface LookedRow {
  readonly pk: number;
  readonly lane: number;
  readonly state: State;
  readonly run_at: Instant;
  readonly attempt: number;
  readonly id: string | null;
  readonly reason: string | null;
  readonly worker: string | null;
  readonly grp: string | null;
  readonly tags: string | null;
  readonly parent: string | null;
  /** The last of them at least. */
  readonly errors: string | null;
  readonly payload: JsonText | null;
  readonly result: JsonText | null;
}

/** In no order. @param conditions - on `job` and its lease, `leased` */
export const lookedAt = (conditions: string): Statement<Looked & Readonly<Record<string, unknown>>, LookedRow> => ({
  text: `${LOOK.text} AND ${conditions}`,
});

const LOOK = sql`
  SELECT job.pk, job.lane, CASE WHEN leased.pk IS NULL THEN job.state ELSE 'active' END AS state, job.run_at, job.attempt,
         CASE WHEN @withNames::boolean THEN job.id END AS id,
         CASE WHEN @withNames::boolean THEN job.reason END AS reason,
         CASE WHEN @withNames::boolean THEN coalesce(leased.session, job.worker) END AS worker,
         CASE WHEN @withNames::boolean THEN job.grp END AS grp,
         CASE WHEN @withNames::boolean THEN job.tags END AS tags,
         CASE WHEN @withNames::boolean THEN job.parent END AS parent,
         CASE WHEN @withErrors::boolean THEN jobyard.last_error(job.errors, false) END AS errors,
         CASE WHEN @withPayload::boolean AND octet_length(job.payload) <= @smallBytes::integer THEN job.payload END AS payload,
         CASE WHEN @withResult::boolean AND octet_length(job.result) <= @smallBytes::integer THEN job.result END AS result
    FROM jobyard.job
    LEFT JOIN unnest(@active::bigint[], @sessions::text[], @claimed::bigint[]) AS leased(pk, session, claimed_at)
      ON leased.pk = job.pk AND job.state = 'waiting'
   WHERE job.pk = ANY (@pks::bigint[])
     AND (@lanes::integer[] IS NULL OR job.lane = ANY (@lanes::integer[]))
     AND (@upTo::bigint IS NULL OR job.created_at <= @upTo::bigint)
`;

/** Whatever their size. */
export const largeTexts: Statement<
  { readonly pk: number },
  { readonly payload: JsonText; readonly result: JsonText | null }
> = sql`
  SELECT payload, result FROM jobyard.job WHERE pk = @pk::bigint
`;
