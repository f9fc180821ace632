/**
 * The connection on which a worker hears of new work is cut off in silence, and no other: until the worker finds out, it
 * sees new work only when it looks by itself.
 */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULTS } from "@jobyard/core";
import type { HistoryEntry } from "@jobyard/core/testing";
import { Deaths } from "../crew/deaths.ts";
import { readHistory } from "../history/read.ts";
import { PLAIN } from "../plan/jobs.ts";
import { seeded } from "../plan/random.ts";
import { type Figure, NONE, SOME } from "../report/figures.ts";
import { openNetwork, type Producers, startProducers, startWorkers } from "./cast.ts";
import { drained, stopAll } from "./ending.ts";
import { errorFigures } from "./once-figures.ts";
import type { Scenario, Stage } from "./scenario.ts";

const LEASE_MS = 30_000;
const SWEEP_MS = 5_000;
/** How long a claim waits before the worker makes another one: its `poll`. The adapter's own pause is longer while it hears. */
const POLL_FLOOR_MS = DEFAULTS.pollMs;
const SLACK_MS = 250;
const BACK_WITHIN_MS = 30_000;
const GAP_MS = [20, 60] as const;
/** Jobs before, and after. */
const HEARD = 100;
/** With as many as can come in meanwhile. */
const JOBS = 2 * HEARD + BACK_WITHIN_MS / GAP_MS[0];

export const deaf: Scenario = {
  name: "deaf",
  proves: "a worker that hears no more of new work finds it by looking, and soon hears again",
  store: "plain",
  needs: "server",
  limits: () => ({ atLeast: { "fault.black-hole": 1 } }),
  run: async (stage) => {
    const { sizes, figures, limit } = stage;
    const deaths = new Deaths(stage.history);
    const network = await openNetwork(stage);
    // One worker: of several the one that looks next would hide how long the others take.
    const workers = startWorkers({ ...stage, store: { ...stage.store, urlFor: network.urlFor } }, deaths, {
      ...{ size: 1, leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: 10 },
    });
    const plan = { ...PLAIN, seed: sizes.seed, jobs: JOBS, workMs: [1, 3] as const };
    const producers = startProducers(stage, deaths, plan, 1);
    await limit.wait("the processes to start", Promise.all([workers.ready(), producers.crew.ready()]));
    await limit.until("the worker to hear", () => (network.listening > 0 ? true : null));

    const trickle = startTrickle(stage, producers);
    const from = Date.now();
    await trickle.until(HEARD);
    const cutAt = Date.now();
    const cut = network.swallow("listening");
    await limit.until("the worker to hear again", () => (network.listening > 0 ? true : null));
    const backAt = Date.now();
    await trickle.until(trickle.released + HEARD);
    const endAt = Date.now();
    await trickle.stop();
    stage.history.write({
      ...{ kind: "fault", fault: "black-hole", target: "listening", forMs: backAt - cutAt },
      proof: `${cut} connection that listened lost every byte; the others did not`,
    });

    producers.release(JOBS);
    await limit.wait("the producer to finish", producers.crew.empty());
    await drained(stage, JOBS);
    await stopAll(stage, workers);
    const { entries } = readHistory(join(stage.folder, "history"));
    figures.push(
      { label: "connections that listened and were cut off", value: cut, want: { exactly: 1 } },
      { label: "another one listened after", value: backAt - cutAt, want: { atMost: BACK_WITHIN_MS }, unit: "ms" },
      ...latencyFigures("before", latencies(entries, from, cutAt), SLACK_MS),
      ...latencyFigures("meanwhile", latencies(entries, cutAt, backAt), POLL_FLOOR_MS + SLACK_MS),
      ...latencyFigures("afterwards", latencies(entries, backAt, endAt), SLACK_MS),
      ...errorFigures(stage, []),
      { label: "processes that died", value: deaths.all.length, want: NONE },
    );
  },
};

interface Trickle {
  readonly released: number;
  /** Resolves when so many jobs have been released. */
  until(released: number): Promise<void>;
  stop(): Promise<void>;
}

/** One job after the other. */
function startTrickle({ sizes, limit, atEnd }: Stage, producers: Producers): Trickle {
  const random = seeded(sizes.seed);
  const over = new AbortController();
  let released = 0;
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      released += 1;
      producers.release(released);
      await sleep(random.int(...GAP_MS));
    }
  };
  const done = loop();
  const stop = (): Promise<void> => {
    over.abort();
    return done;
  };
  atEnd(stop);
  return {
    get released() {
      return released;
    },
    until: async (wanted) => void (await limit.until("more jobs", () => (released >= wanted ? true : null))),
    stop,
  };
}

/** From the call of an enqueue to the begin of its handler, in ms, ascending; of the calls in that time. */
function latencies(entries: readonly HistoryEntry[], from: number, to: number): readonly number[] {
  const askedAt = new Map<string, number>();
  const found: number[] = [];
  for (const entry of entries)
    if (entry.kind === "enqueue" && entry.at >= from && entry.at < to)
      for (const { id } of entry.jobs) askedAt.set(id, entry.at);
  for (const entry of entries) {
    const at = entry.kind === "started" ? askedAt.get(entry.id) : undefined;
    if (at !== undefined) found.push(entry.at - at);
  }
  return found.sort((a, b) => a - b);
}

function latencyFigures(when: string, sorted: readonly number[], mostMs: number): readonly Figure[] {
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return [
    { label: `jobs enqueued ${when}`, value: sorted.length, want: SOME },
    { label: "  begun after, p50", value: at(0.5), want: null, unit: "ms" },
    { label: "  begun after, p99", value: at(0.99), want: { atMost: mostMs }, unit: "ms" },
  ];
}
