/** The processes of a scenario: workers and producers, each under a name that no other has had. */

import { join } from "node:path";
import type { Network } from "../backends/backend.ts";
import { startChild } from "../crew/child.ts";
import { Crew } from "../crew/crew.ts";
import type { Deaths } from "../crew/deaths.ts";
import type { JobPlan } from "../plan/jobs.ts";
import type { LockerSettings, ProducerSettings, WorkerSettings } from "../processes/messages.ts";
import type { Stage } from "./scenario.ts";

export type WorkerOptions = Pick<WorkerSettings, "leaseMs" | "sweepMs" | "concurrency"> & {
  readonly size: number;
  /** Default: as the jobs ask for. */
  readonly paceMs?: number;
  /** Before the names; default `worker`. */
  readonly as?: string;
  /** Default true: who dies has a successor. */
  readonly replace?: boolean;
};

export function startWorkers(stage: Stage, deaths: Deaths, options: WorkerOptions): Crew {
  const { backend, store, folder } = stage;
  const { size, paceMs = null, as = "worker", replace = true, ...rest } = options;
  const nameOf = naming(as);
  const crew = new Crew({
    size,
    replace,
    history: join(folder, "history"),
    start: (place) => {
      const name = nameOf(place);
      const settings: WorkerSettings = {
        name,
        backend: backend.name,
        url: store.urlFor(name),
        folder,
        paceMs,
        ...rest,
      };
      return startChild("worker", settings, folder);
    },
    onDeath: deaths.note,
  });
  stage.atEnd(() => crew.destroy());
  return crew;
}

/** Workers, and producers that wait for their release; resolves when all of them are there. */
export async function startBoth(
  stage: Stage,
  deaths: Deaths,
  options: WorkerOptions,
  plan: JobPlan,
  size: number,
): Promise<{ readonly workers: Crew; readonly producers: Producers }> {
  const workers = startWorkers(stage, deaths, options);
  const producers = startProducers(stage, deaths, plan, size);
  await stage.limit.wait("the processes to start", Promise.all([workers.ready(), producers.crew.ready()]));
  return { workers, producers };
}

export interface Producers {
  readonly crew: Crew;
  /** Jobs of the plan that are known to be accepted. */
  readonly enqueued: number;
  /** Jobs of the plan before this index may be enqueued; never fewer than before. */
  release(upTo: number): void;
}

export function startProducers(stage: Stage, deaths: Deaths, plan: JobPlan, size: number): Producers {
  const { store, folder } = stage;
  const nameOf = naming("producer");
  const done = Array.from({ length: size }, () => 0);
  let released = 0;
  const crew = new Crew({
    size,
    history: join(folder, "history"),
    start: (place) => {
      const name = nameOf(place);
      const settings: ProducerSettings = {
        name,
        url: store.urlFor(name),
        folder,
        plan,
        share: { index: place, of: size },
        done: done[place] ?? 0,
      };
      const child = startChild("producer", settings, folder);
      child.onWord((word) => {
        if (word.say === "enqueued") done[place] = word.done;
      });
      return child;
    },
    onDeath: deaths.note,
    onReady: ({ child }) => child.tell({ do: "release", upTo: released }),
  });
  stage.atEnd(() => crew.destroy());
  return {
    crew,
    get enqueued() {
      return done.reduce((sum, count) => sum + count, 0);
    },
    release: (upTo) => {
      released = Math.min(plan.jobs, Math.max(released, Math.ceil(upTo)));
      for (const { child } of crew.members) child.tell({ do: "release", upTo: released });
    },
  };
}

/**
 * Another process takes the write lock.
 *
 * @returns for how long it had it, in ms; `onLocked` is called when it has it
 */
export function createLocker({
  backend,
  store,
  folder,
}: Stage): (forMs: number, onLocked?: () => void) => Promise<number> {
  const nameOf = naming("locker");
  return async (forMs, onLocked) => {
    const settings: LockerSettings = { name: nameOf(0), backend: backend.name, url: store.url, forMs };
    const child = startChild("locker", settings, folder);
    let heldMs = 0;
    child.onWord((word) => {
      if (word.say === "locked") onLocked?.();
      if (word.say === "unlocked") heldMs = word.forMs;
    });
    await child.gone;
    return heldMs;
  };
}

/** Before the store's server, for processes that are to have it on their way. @throws Error if the store has no server */
export async function openNetwork({ store, atEnd }: Stage): Promise<Network> {
  if (store.server === null) throw new Error("the store has no server");
  const network = await store.server.openNetwork();
  atEnd(() => network.close());
  return network;
}

/** `worker-2.5`: the fifth to stand in the second place. */
function naming(as: string): (place: number) => string {
  const counts = new Map<number, number>();
  return (place) => {
    const count = (counts.get(place) ?? 0) + 1;
    counts.set(place, count);
    return `${as}-${place + 1}.${count}`;
  };
}
