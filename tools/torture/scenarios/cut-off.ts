/** The whole network between the processes and the server is a black hole for a minute, and then it is none. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Deaths } from "../crew/deaths.ts";
import { readHistory } from "../history/read.ts";
import { PLAIN } from "../plan/jobs.ts";
import { NONE } from "../report/figures.ts";
import { openNetwork, startBoth } from "./cast.ts";
import { completed, drained, stopAll } from "./ending.ts";
import { errorFigures } from "./once-figures.ts";
import type { Scenario } from "./scenario.ts";

const LEASE_MS = 15_000;
const SWEEP_MS = 1_000;
const CUT_MS = 60_000;
const BACK_WITHIN_MS = 30_000;
const PRODUCERS = 2;
/** Before, during, and then a few again and again until everybody has had one. */
const BEFORE = 200;
const DURING = 50;
const STEP = 5;
const STEP_MS = 250;
const JOBS = BEFORE + DURING + STEP * (BACK_WITHIN_MS / STEP_MS);

export const cutOff: Scenario = {
  name: "cut-off",
  proves: "when the network comes back every process goes on by itself",
  store: "plain",
  needs: "server",
  isQuiet: true,
  limits: () => ({ atLeast: { "fault.black-hole": 1 } }),
  run: async (plain) => {
    const network = await openNetwork(plain);
    const stage = { ...plain, store: { ...plain.store, urlFor: network.urlFor } };
    const { sizes, figures, limit, folder } = stage;
    const deaths = new Deaths(stage.history);
    const options = { size: sizes.workers, leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: 5 };
    const plan = { ...PLAIN, seed: sizes.seed, jobs: JOBS, workMs: [50, 150] as const };
    const { workers, producers } = await startBoth(stage, deaths, options, plan, PRODUCERS);
    producers.release(BEFORE);
    await completed(stage, BEFORE / 2);

    const cutAt = Date.now();
    const cut = network.swallow("all");
    producers.release(BEFORE + DURING);
    await limit.wait("the network to come back", sleep(CUT_MS));
    network.heal();
    const healedAt = Date.now();
    const forMs = healedAt - cutAt;
    const proof = `${cut} connections, and all later ones, lost every byte`;
    stage.history.write({ kind: "fault", fault: "black-hole", target: null, forMs, proof });

    const history = join(folder, "history");
    let released = BEFORE + DURING;
    const backAt = await limit.until("every worker to get a job", async () => {
      released += STEP;
      producers.release(released);
      await sleep(STEP_MS);
      const back = firstSince(history, healedAt, "claimed");
      return back.length === sizes.workers || released >= JOBS ? back : null;
    });
    producers.release(JOBS);
    await limit.wait("the producers to finish", producers.crew.empty());
    await drained(stage, JOBS);
    await stopAll(stage, workers);
    const meanwhile = firstSince(history, cutAt + SETTLED_MS, "claimed", healedAt);
    const accepted = firstSince(history, healedAt, "enqueued");
    const last = (times: readonly number[]): number => Math.max(...times) - healedAt;
    figures.push(
      { label: "connections that were cut off", value: cut, want: { atLeast: sizes.workers + PRODUCERS } },
      { label: "for", value: forMs, want: { atLeast: CUT_MS }, unit: "ms" },
      { label: "workers that got a job meanwhile", value: meanwhile.length, want: NONE },
      { label: "workers that got one afterwards", value: backAt.length, want: { exactly: sizes.workers } },
      {
        label: "  the first after",
        value: Math.min(...backAt) - healedAt,
        want: { atMost: BACK_WITHIN_MS },
        unit: "ms",
      },
      { label: "  the last after", value: last(backAt), want: { atMost: BACK_WITHIN_MS }, unit: "ms" },
      { label: "producers that enqueued afterwards", value: accepted.length, want: { exactly: PRODUCERS } },
      { label: "  the last after", value: last(accepted), want: { atMost: BACK_WITHIN_MS }, unit: "ms" },
      ...errorFigures(stage, ["STORE_UNAVAILABLE"]),
      { label: "processes that died", value: deaths.all.length, want: NONE },
    );
  },
};

/** What was on its way has arrived by then. */
const SETTLED_MS = 1_000;

/** For each process that had such an answer, when it had its first in that time. */
function firstSince(
  folder: string,
  from: number,
  kind: "claimed" | "enqueued",
  to: number = Number.POSITIVE_INFINITY,
): readonly number[] {
  const first = new Map<string, number>();
  for (const entry of readHistory(folder).entries) {
    if (entry.kind !== kind || entry.at < from || entry.at >= to || "error" in entry) continue;
    if (!first.has(entry.process)) first.set(entry.process, entry.at);
  }
  return [...first.values()];
}
