/**
 * The order in which test files begin: those that take long first, so that none of them runs alone at the end, and
 * those that mostly wait beside those that compute. Vitest by itself goes by project, and by what it remembers of a
 * run before; a fresh checkout remembers nothing.
 */

import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The longest, in the order in which they begin; the others follow in Vitest's own. A file of two projects runs twice. */
const FIRST: readonly string[] = [
  "adapter-postgres/test/conformance.test.ts",
  "torture/test/smoke.test.ts",
  "adapter-redis/test/conformance.test.ts",
  "adapter-postgres/test/waiting.test.ts",
  "adapter-postgres/test/conformance-older.test.ts",
  "adapter-postgres/test/outage.test.ts",
  "adapter-redis/test/subscriber.test.ts",
  "adapter-redis/test/conformance-cluster.test.ts",
  "adapter-postgres/test/conformance-simple.test.ts",
  "adapter-postgres/test/waking.test.ts",
  "document-stages/test/faults.test.ts",
  "adapter-redis/test/outage.test.ts",
  "adapter-redis/test/connection.test.ts",
  "adapter-sqlite/test/conformance.test.ts",
  "adapter-sqlite/test/upkeep.test.ts",
  "jobyard/test/operate.test.ts",
  "worker/test/worker.test.ts",
  "servers/test/supervision.test.ts",
  "adapter-postgres/test/sql-functions.test.ts",
  "bench/test/bench.test.ts",
  "adapter-postgres/test/reading-conditions.test.ts",
  "adapter-postgres/test/storm.test.ts",
];

export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const inOrder = await super.sort(files);
    return inOrder.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = FIRST.findIndex((file) => moduleId.endsWith(`/${file}`));
  return place < 0 ? FIRST.length : place;
}
