/** Jobs that come and go in the way of the adapter: what they leave behind is what a busy store has lying about. */

import type { Decision, Failure } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { type PostgresOptions, postgresAdapter } from "../src/index.ts";

const BATCH = 1_000;
const FAILURE: Failure = { code: "HANDLER_ERROR", message: "connect ECONNREFUSED", stack: null };

/** Enqueued, claimed and settled in a store as {@link fillStore} makes it; one in a hundred dies, one comes again. */
export async function churn(options: PostgresOptions, jobs: number): Promise<void> {
  const adapter = postgresAdapter(options);
  const types = ["greet", "render"].map((name) => ({ name, maxVersion: 9 }));
  const queues = ["mail", "print"].map((queue) => ({ queue, max: BATCH, types }));
  for (let from = 0; from < jobs; from += BATCH) {
    const made = Array.from({ length: BATCH }, (_, index) =>
      newJob(`new-${from + index}`, { queue: index % 2 === 0 ? "mail" : "print" }),
    );
    await adapter.writer.enqueue(made);
    const claim = await adapter.leaser.claim(claimRequest(`churn-${from}`, { session: "churn", max: BATCH, queues }));
    await adapter.leaser.settle(
      claim.jobs.map(({ lease }, index) => ({ lease, guard: "held", decision: endingOf(index % 100) })),
    );
  }
  await adapter.close();
}

function endingOf(nth: number): Decision {
  if (nth === 0) return { move: "bury", failure: FAILURE };
  return nth === 1 ? { move: "retry", delayMs: 0, failure: FAILURE } : { move: "complete", result: null };
}
