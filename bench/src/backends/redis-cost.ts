/**
 * What a Redis server has spent, by its own INFO. It asks the operating system for its CPU time, so that is there to the
 * microsecond, and on every system; what `/proc` tells on Linux is rounded to ten milliseconds.
 */

const CPU_SECONDS = ["used_cpu_user", "used_cpu_sys", "used_cpu_user_children", "used_cpu_sys_children"];

/** Of all its threads, and of its children that have ended. @param info - the whole answer, of all sections */
export const cpuMicrosIn = (info: string): number =>
  CPU_SECONDS.reduce((sum, name) => sum + numberIn(info, name), 0) * 1e6;

/** How much there is in its append-only file; `null` if it keeps none. */
export const logBytesIn = (info: string): number | null =>
  numberIn(info, "aof_enabled") === 1 ? numberIn(info, "aof_current_size") : null;

/** What it has taken from its allocator, whatever the pages are that this lies on. */
export const memoryIn = (info: string): number => numberIn(info, "used_memory");

/** @throws if there is no such line */
function numberIn(info: string, name: string): number {
  const [, value] = new RegExp(`^${name}:([\\d.]+)\\r?$`, "m").exec(info) ?? [];
  if (value === undefined) throw new Error(`INFO of Redis has no ${name}`);
  return Number(value);
}
