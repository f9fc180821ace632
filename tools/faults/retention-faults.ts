/** Where faults are seeded in retention, in both adapters. */

import type { Fault, Patch } from "./fault.ts";

const core = (file: string, find: string, replace: string): Patch => ({
  file: `packages/core/src/${file}`,
  find,
  replace,
});
const sqlite = (file: string, find: string, replace: string): Patch => ({
  file: `packages/adapter-sqlite/src/${file}`,
  find,
  replace,
});

export const RETENTION_FAULTS: readonly Fault[] = [
  {
    id: "retention-takes-an-open-job",
    promise: "retention removes finals only",
    patches: {
      memory: [
        core(
          "testing/memory/sweep.ts",
          "({ job }) => job.state === rule.state",
          `({ job }) => job.state === rule.state || job.state === "stale"`,
        ),
      ],
      sqlite: [
        sqlite(
          "sql/purge.sql.ts",
          "WHERE queue = @queue AND state = @state AND finished_at IS NOT NULL",
          "WHERE queue = @queue AND (state = @state OR state = 'stale')",
        ),
      ],
    },
  },
  {
    id: "retention-count-off-by-one",
    promise: "exactly so many finals stay as the queue keeps",
    patches: {
      memory: [core("testing/memory/sweep.ts", "left > count;", "left > count + 1;")],
      sqlite: [sqlite("purge.ts", "this.#tooMany > 0", "this.#tooMany > 1")],
    },
  },
  {
    id: "retention-removes-the-newest",
    promise: "the oldest finals go first",
    patches: {
      memory: [core("testing/memory/sweep.ts", ".sort(byEnd)", ".sort((a, b) => byEnd(b, a))")],
      sqlite: [
        sqlite("sql/purge.sql.ts", "ORDER BY finished_at, pk LIMIT @limit", "ORDER BY finished_at DESC LIMIT @limit"),
      ],
    },
  },
  {
    id: "retention-goes-by-enqueue",
    promise: "the order of retention is that of the ends",
    patches: {
      memory: [
        core(
          "testing/memory/sweep.ts",
          "longestPast((job) => job.finishedAt)(a, b) || a.number - b.number",
          "a.number - b.number",
        ),
      ],
      sqlite: [sqlite("done.ts", "writeRow(db, queue, finishedAt, pks);", "writeRow(db, queue, 0, pks);")],
    },
  },
  {
    id: "retention-counts-characters",
    promise: "bytes are those of UTF-8",
    patches: {
      memory: [core("nouns/retention.ts", "  byteLength(payload) +\n", "  payload.length +\n")],
      sqlite: [sqlite("sql/claim.sql.ts", "octet_length(job.payload) + coalesce", "length(job.payload) + coalesce")],
    },
  },
  {
    id: "retention-forgets-the-errors",
    promise: "errors count towards the bytes",
    patches: {
      memory: [core("nouns/retention.ts", "errors.length === 0 ? 0 :", "errors.length >= 0 ? 0 :")],
      sqlite: [sqlite("sql/claim.sql.ts", "coalesce(octet_length(job.errors), 0) AS bytes", "0 AS bytes")],
    },
  },
  {
    id: "retention-ignores-the-batch",
    promise: "a purge removes no more than it was asked to",
    patches: {
      memory: [core("testing/memory/sweep.ts", "of beyond.slice(0, limit))", "of beyond)")],
      sqlite: [sqlite("purge.ts", "more = gone.length === limit ||", "more = gone.length === 100 * limit ||")],
    },
  },
  {
    id: "retention-misses-a-restored-job",
    promise: "a job that is back from the trash is kept no longer than others",
    patches: {
      sqlite: [
        sqlite(
          "change.ts",
          `if (state === "completed" && sign === 1) done.add(queue, finished_at ?? now, [pk], bytes);`,
          `if (state === "completed" && sign === 1) done.add(queue, (finished_at ?? now) + 1e12, [pk], bytes);`,
        ),
      ],
    },
  },
];
