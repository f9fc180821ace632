/** Where the faults of retention are seeded in the Postgres adapter. */

import type { SeededFault } from "./adapter-patch.ts";
import type { Patch } from "./fault.ts";
import { chapter, inSql, postgres } from "./postgres-patch.ts";

const breaks = (...patches: readonly Patch[]): SeededFault => ({ patches, guard: chapter("retention") });
const purge = (find: string, replace: string): Patch => inSql("purge", find, replace);
const completion = (find: string, replace: string): Patch => inSql("complete", find, replace);

export const POSTGRES_RETENTION_FAULTS: Readonly<Record<string, SeededFault>> = {
  "retention-takes-an-open-job": breaks(
    purge(
      "SELECT attention.finished_at, attention.pk,",
      "SELECT coalesce(attention.finished_at, 0) AS finished_at, attention.pk,",
    ),
    purge(
      "AND attention.state = of_state AND attention.finished_at IS NOT NULL\n         ORDER BY attention.finished_at",
      "AND (attention.state = of_state OR attention.state = 'stale')\n         ORDER BY coalesce(attention.finished_at, 0)",
    ),
    purge("AND state = of_state AND finished_at <= until\n", "\n"),
  ),
  "retention-count-off-by-one": breaks(purge("cardinality(seen) > keep_count", "cardinality(seen) > keep_count + 1")),
  "retention-removes-the-newest": breaks(
    purge("ORDER BY done.finished_at, member.pk LIMIT", "ORDER BY done.finished_at DESC, member.pk DESC LIMIT"),
    purge("ORDER BY place.finished_at, place.pk;", "ORDER BY place.finished_at DESC, place.pk DESC;"),
  ),
  "retention-goes-by-enqueue": breaks(
    purge("ORDER BY done.finished_at, member.pk LIMIT", "ORDER BY member.pk LIMIT"),
    purge("ORDER BY place.finished_at, place.pk;", "ORDER BY place.pk;"),
    purge("until := next.finished_at;", "until := greatest(until, next.finished_at);"),
  ),
  "retention-counts-characters": breaks(
    completion("octet_length(job.payload) + coalesce", "length(job.payload) + coalesce"),
    purge("(octet_length(payload) + coalesce", "(length(payload) + coalesce"),
  ),
  "retention-forgets-the-errors": breaks(
    completion("+ coalesce(octet_length(job.errors), 0) AS bytes", "AS bytes"),
    purge(" + coalesce(octet_length(errors), 0)", ""),
    postgres("tally.ts", " + (bytes.errors ?? 0)", ""),
  ),
  "retention-ignores-the-batch": breaks(
    purge("more := cardinality(seen) = most;", "more := cardinality(seen) = 100 * most;"),
  ),
  "retention-misses-a-restored-job": breaks(
    postgres(
      "tally.ts",
      `if (state === "completed") this.#finishes(job);`,
      `if (state === "completed" && job.finished_at === this.#now) this.#finishes(job);`,
    ),
  ),
};
