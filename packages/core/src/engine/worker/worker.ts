/** A worker from `new` to `stopped`. What it does in between is the crew's. */

import type { Adapter } from "../../contract/adapter.ts";
import { durationMs } from "../../nouns/duration.ts";
import { QueueError } from "../../nouns/errors.ts";
import type { Ports } from "../../nouns/ports.ts";
import type { Hooks, Worker, WorkerOptions, WorkerStatus } from "../surface.ts";
import { type Crew, startCrew } from "./crew.ts";
import { createHookCaller, isThenable } from "./hooks.ts";
import { createLeaseClock } from "./lease-clock.ts";
import type { Shift } from "./shift.ts";
import { orAborted, within } from "./within.ts";
import { checkWorkerOptions } from "./worker-options.ts";

export interface WorkerWorld {
  readonly adapter: Adapter;
  readonly ports: Ports;
  /** For the follow-ups of its jobs. */
  readonly maxPayloadBytes: number;
}

/** @throws QueueError `BAD_OPTION`, `BAD_NAME`, `BAD_DURATION` */
export function createWorker({ adapter, ports, maxPayloadBytes }: WorkerWorld, options: WorkerOptions): Worker {
  const settings = checkWorkerOptions(options);
  const report = createReport(settings.hooks);
  const shift: Shift = {
    adapter,
    ports,
    session: ports.newId(),
    settings,
    maxPayloadBytes,
    clock: createLeaseClock(ports, settings.leaseMs),
    hooks: createHookCaller(settings.hooks, report),
    counts: { claimed: 0, completed: 0, failed: 0, refused: 0, rescued: 0 },
    held: new Set(),
    report,
  };
  let state: WorkerStatus["state"] = "new";
  let opening: Promise<Crew> | null = null;
  let crew: Crew | null = null;
  let ending: Promise<void> | null = null;
  let stopping: Promise<void> | null = null;
  const graceOver = new AbortController();

  const open = async (): Promise<Crew> => {
    if (state !== "new") throw new QueueError("ALREADY_STARTED", `state ${state}`);
    state = "running";
    opening = startCrew(shift);
    try {
      crew = await opening;
    } catch (error) {
      if (state === "running") state = "new";
      throw error;
    }
    tell("onStart");
    return crew;
  };

  const end = async (): Promise<void> => {
    // A stop may come while the first contact is being made; if that fails, `start` tells.
    const opened = opening?.catch(() => null) ?? Promise.resolve(null);
    const own = crew ?? (await orAborted(opened, graceOver.signal));
    // A first contact that outlasts the grace must leave nobody at work behind.
    if (own === undefined) void opened.then((late) => late?.stop(graceOver.signal));
    if (own) {
      await own.stop(graceOver.signal);
      crew = null;
      tell("onStop");
      await within(ports, settings.leaseMs, shift.hooks.idle());
    }
    ending = null;
    if (state === "running") state = "new";
  };

  /** After a drain or for good; both at once are one end. */
  const close = (): Promise<void> => {
    ending ??= end();
    return ending;
  };

  const tell = (name: "onStart" | "onStop"): void => {
    const hook = settings.hooks[name];
    if (hook !== undefined) shift.hooks.call(name, hook);
  };

  const stop = async (): Promise<void> => {
    const wasNew = state === "new";
    state = "stopping";
    if (!wasNew) await close();
    graceOver.abort();
    state = "stopped";
  };

  return {
    session: shift.session,
    start: async () => {
      await (await open()).ready;
    },
    drain: async () => {
      await ending;
      if (state === "running" && opening !== null) return (await opening).drained();
      const own = await open();
      await own.drained();
      if (state === "running") await close();
    },
    stop: ({ grace } = {}) => {
      const graceMs = grace === undefined ? settings.graceMs : durationMs(grace, "grace");
      void ports.sleep(graceMs, graceOver.signal).then(() => graceOver.abort());
      stopping ??= stop();
      return stopping;
    },
    get status() {
      return { state, running: crew?.running ?? 0, ...shift.counts, lastContactAt: shift.clock.lastContactAt };
    },
  };
}

/** Without a hook for it a fault still reaches the operator: as a warning of the process. */
function createReport({ onError }: Hooks): Shift["report"] {
  const warn = (error: unknown, doing: string): void => {
    process.emitWarning(`${doing}: ${error instanceof Error ? error.message : String(error)}`, "JobyardWarning");
  };
  return (error, doing) => {
    if (onError === undefined) return warn(error, doing);
    try {
      const answer = onError(error, doing);
      if (isThenable(answer)) answer.then(undefined, (fault: unknown) => warn(fault, "onError"));
    } catch (fault) {
      warn(fault, "onError");
    }
  };
}
