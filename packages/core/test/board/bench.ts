/** A board over an empty memory store, on a clock that stands still, and short words to fill it. */

import type { Adapter, Decision, LeasedJob, NewJob } from "../../src/contract/adapter.ts";
import { createBoard } from "../../src/engine/board/board.ts";
import type { Board } from "../../src/engine/surface.ts";
import type { JobRef } from "../../src/nouns/job.ts";
import { type ManualPorts, manualPorts } from "../../src/testing/manual-ports.ts";
import { memoryAdapter } from "../../src/testing/memory/memory-adapter.ts";
import { claimRequest, newJob } from "../../src/testing/plain-calls.ts";

export const FAILURE = { code: "ECONNREFUSED", message: "connect 10.0.0.1:443", stack: null } as const;
export const BURY: Decision = { move: "bury", failure: FAILURE };

export interface Setup {
  readonly adapter: Adapter;
  readonly ports: ManualPorts;
  readonly board: Board;
  enqueue(...jobs: readonly Partial<NewJob>[]): Promise<readonly JobRef[]>;
  claim(max?: number): Promise<readonly LeasedJob[]>;
  /** Claims all that is due and ends it so. */
  end(decision: Decision): Promise<void>;
}

export function setup(): Setup {
  const ports = manualPorts(Date.UTC(2026, 10, 22, 12));
  const adapter = memoryAdapter({ ports });
  const board = createBoard(adapter, ports);
  let claims = 0;

  const claim: Setup["claim"] = async (max = 10_000) => {
    claims++;
    const types = ["greet", "extract"].map((name) => ({ name, maxVersion: 1 }));
    const queues = ["mail", "docs"].map((queue) => ({ queue, max, types }));
    const request = claimRequest(`token-${claims}`, { session: "session-1", max, queues });
    const { jobs } = await adapter.leaser.claim(request);
    return jobs;
  };

  return {
    adapter,
    ports,
    board,
    claim,
    async enqueue(...jobs) {
      const receipts = await adapter.writer.enqueue(
        jobs.map((job) => newJob(ports.newId(), { payload: "{}", ...job })),
      );
      return receipts.map(({ ref }) => ref);
    },
    async end(decision) {
      const jobs = await claim();
      await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision })));
    },
  };
}
