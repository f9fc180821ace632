/** Where the faults of retention are seeded in the Postgres adapter. */

import { chapter, inSql, type PostgresFault, postgres } from "./postgres-patch.ts";

export const POSTGRES_RETENTION_FAULTS: Readonly<Record<string, PostgresFault>> = {
  "retention-takes-an-open-job": {
    patches: [
      inSql(
        "purge",
        "SELECT attention.finished_at, attention.pk,",
        "SELECT coalesce(attention.finished_at, 0) AS finished_at, attention.pk,",
      ),
      inSql(
        "purge",
        "AND attention.state = of_state AND attention.finished_at IS NOT NULL\n         ORDER BY attention.finished_at",
        "AND (attention.state = of_state OR attention.state = 'stale')\n         ORDER BY coalesce(attention.finished_at, 0)",
      ),
      inSql("purge", "AND state = of_state AND finished_at <= until\n", "\n"),
    ],
    guard: chapter("retention"),
  },
  "retention-count-off-by-one": {
    patches: [inSql("purge", "cardinality(seen) > keep_count", "cardinality(seen) > keep_count + 1")],
    guard: chapter("retention"),
  },
  "retention-removes-the-newest": {
    patches: [
      inSql(
        "purge",
        "ORDER BY done.finished_at, member.pk LIMIT",
        "ORDER BY done.finished_at DESC, member.pk DESC LIMIT",
      ),
      inSql("purge", "ORDER BY place.finished_at, place.pk;", "ORDER BY place.finished_at DESC, place.pk DESC;"),
    ],
    guard: chapter("retention"),
  },
  "retention-goes-by-enqueue": {
    patches: [
      inSql("purge", "ORDER BY done.finished_at, member.pk LIMIT", "ORDER BY member.pk LIMIT"),
      inSql("purge", "ORDER BY place.finished_at, place.pk;", "ORDER BY place.pk;"),
      inSql("purge", "until := next.finished_at;", "until := greatest(until, next.finished_at);"),
    ],
    guard: chapter("retention"),
  },
  "retention-counts-characters": {
    patches: [
      inSql("complete", "octet_length(job.payload) + coalesce", "length(job.payload) + coalesce"),
      inSql("purge", "(octet_length(payload) + coalesce", "(length(payload) + coalesce"),
    ],
    guard: chapter("retention"),
  },
  "retention-forgets-the-errors": {
    patches: [
      inSql("complete", "+ coalesce(octet_length(job.errors), 0) AS bytes", "AS bytes"),
      inSql("purge", " + coalesce(octet_length(errors), 0)", ""),
      postgres("tally.ts", " + (bytes.errors ?? 0)", ""),
    ],
    guard: chapter("retention"),
  },
  "retention-ignores-the-batch": {
    patches: [inSql("purge", "more := cardinality(seen) = most;", "more := cardinality(seen) = 100 * most;")],
    guard: chapter("retention"),
  },
  "retention-misses-a-restored-job": {
    patches: [
      postgres(
        "tally.ts",
        `if (state === "completed") this.#finishes(job);`,
        `if (state === "completed" && job.finished_at === this.#now) this.#finishes(job);`,
      ),
    ],
    guard: chapter("retention"),
  },
};
