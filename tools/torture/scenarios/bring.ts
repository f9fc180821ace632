/** Brings the faults of a plan while jobs come in, so that none strikes an idle store. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isQueueError } from "@jobyard/core";
import type { Crew } from "../crew/crew.ts";
import type { Deaths } from "../crew/deaths.ts";
import type { Ground } from "../faults/ground.ts";
import { inject } from "../faults/inject.ts";
import { StoreFaults } from "../faults/store-faults.ts";
import { readProcess } from "../history/read.ts";
import type { PlannedFault } from "../plan/faults.ts";
import { NONE } from "../report/figures.ts";
import { createLocker, type Producers } from "./cast.ts";
import type { Stage } from "./scenario.ts";

export interface Cast {
  readonly workers: Crew;
  readonly producers: Producers;
  readonly deaths: Deaths;
}

export interface Weather extends Pick<Ground, "leaseMs" | "sweepMs"> {
  readonly faults: readonly PlannedFault[];
  /** So many faults at once. */
  readonly lanes: number;
  /** Of the plan; all of them are released in the end. */
  readonly jobs: number;
  /** The share of jobs that are there before the first fault; the others come in as the faults go on. */
  readonly headStart: number;
}

/** Resolves when every fault has happened, or could not be brought about; adds figures of both. */
export async function bring(stage: Stage, { workers, producers, deaths }: Cast, weather: Weather): Promise<void> {
  const { folder, history, store, yard, figures, limit, tell } = stage;
  const { faults, lanes, jobs, headStart, leaseMs, sweepMs } = weather;
  const left = [...faults];
  const missed: string[] = [];
  let done = 0;
  let nudges = 0;
  const release = (): void => {
    const share = headStart + (1 - headStart) * (done / Math.max(1, faults.length));
    producers.release(share * jobs + nudges);
  };
  const isTaken: Ground["isTaken"] = async ({ queue, id, epoch }) => {
    const jobs = await yard.adapter.reader.get([{ queue, id }]).catch((error: unknown) => {
      if (isQueueError(error, "STORE_UNAVAILABLE")) return [];
      throw error;
    });
    return jobs.some((job) => job !== null && (job.epoch !== epoch || job.state !== "active"));
  };
  const ground: Ground = {
    ...{ workers, deaths, history, leaseMs, sweepMs },
    producers: producers.crew,
    release: () => {
      nudges += 1;
      release();
    },
    entriesOf: (process) => readProcess(join(folder, "history"), process).entries,
    isTaken,
    store: new StoreFaults({ server: store.server, history, lockFor: createLocker(stage) }),
  };
  const lane = async (): Promise<void> => {
    for (let planned = left.shift(); planned !== undefined && !limit.isOver; planned = left.shift()) {
      if (!(await inject(ground, planned))) missed.push(nameOf(planned));
      done += 1;
      release();
      tell(`faults ${done}/${faults.length}  jobs ${producers.enqueued}/${jobs} in  deaths ${deaths.all.length}`);
      await sleep(planned.pauseMs);
    }
  };
  release();
  try {
    await limit.wait("the faults to happen", Promise.all(Array.from({ length: lanes }, lane)));
  } finally {
    figures.push(
      { label: "faults that could not be brought about", value: missed.length, want: NONE, detail: missed },
      ...ground.store.figures(),
    );
  }
  producers.release(jobs);
}

const nameOf = (planned: PlannedFault): string =>
  "point" in planned ? `${planned.fault} ${planned.point ?? ""}`.trim() : planned.fault;
