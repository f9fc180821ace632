/** Poison: handlers that take their process along, in every way that a handler has. */

import { setTimeout as sleep } from "node:timers/promises";
import type { PillWay } from "../plan/jobs.ts";
import { killSelf } from "./points.ts";

/** Never answers: in each of these ways the process is over. */
export const DEATHS: Readonly<Record<PillWay, () => Promise<never> | never>> = {
  kill: killSelf,
  abort: () => process.abort(),
  exit: () => process.exit(1),
  reject: () => {
    void Promise.reject(new Error("a pill"));
    return forever();
  },
  oom: () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(new Array<number>(500_000).fill(hoard.length + 0.5));
  },
};

async function forever(): Promise<never> {
  for (;;) await sleep(60_000);
}
