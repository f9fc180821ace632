/** How long something takes: on the clock, of the processor, and for how long nothing else could run. */

import { monitorEventLoopDelay } from "node:perf_hooks";

export interface Sample {
  readonly ms: number;
  readonly cpuMs: number;
  /** The longest time in which the process did nothing else. */
  readonly blockedMs: number;
}

/** Samples of the same. */
export interface Figure {
  readonly medianMs: number;
  readonly maxMs: number;
  readonly cpuMs: number;
  readonly blockedMs: number;
}

/** Its answer and what it took. */
export async function sample<T>(work: () => Promise<T>): Promise<readonly [T, Sample]> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  // One turn of the loop before and after, or a delay that this work causes would not be seen.
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 2));
  delay.reset();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const answer = await work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  await new Promise((resolve) => setTimeout(resolve, 2));
  delay.disable();
  return [answer, { ms, cpuMs: (user + system) / 1_000, blockedMs: Math.max(0, delay.max / 1e6 - 1) }];
}

export function figureOf(samples: readonly Sample[]): Figure {
  return {
    medianMs: median(samples.map(({ ms }) => ms)),
    maxMs: Math.max(...samples.map(({ ms }) => ms)),
    cpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
    blockedMs: Math.max(...samples.map(({ blockedMs }) => blockedMs)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
