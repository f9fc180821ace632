/** CPU time of a PostgreSQL server on this machine, as Linux keeps it for each process. */

import { readdirSync, readFileSync } from "node:fs";

/** `USER_HZ`, which is the same on every machine that Linux runs on today. */
const MICROS_PER_TICK = 10_000;

interface Process {
  readonly name: string;
  readonly parent: number;
  readonly micros: number;
  /** Of its children that have ended. */
  readonly childMicros: number;
}

/**
 * Of all processes of the server, also of those that have ended.
 *
 * @param backend - process id of one of its connections
 * @returns `null` if there is no such process here: the server runs elsewhere, or this is not Linux
 */
export function serverCpuMicros(backend: number): number | null {
  const child = readProcess(backend);
  if (child?.name !== "postgres") return null;
  const postmaster = readProcess(child.parent);
  if (postmaster === null) return null;
  const children = runningProcesses().filter(({ parent }) => parent === child.parent);
  return children.reduce((sum, { micros }) => sum + micros, postmaster.micros + postmaster.childMicros);
}

const runningProcesses = (): readonly Process[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readProcess(Number(pid)) ?? []);

/** `null` for one that does not exist (any more). */
function readProcess(pid: number): Process | null {
  try {
    return parsedStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** A process that ends while it is read is gone as well. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");

/** The fields of `/proc/<pid>/stat` are numbered from 1 in proc(5); the name may contain anything, so it ends last. */
export function parsedStat(stat: string): Process {
  const nameEndsAt = stat.lastIndexOf(")");
  const fields = stat.slice(nameEndsAt + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    name: stat.slice(stat.indexOf("(") + 1, nameEndsAt),
    parent: field(4),
    micros: (field(14) + field(15)) * MICROS_PER_TICK,
    childMicros: (field(16) + field(17)) * MICROS_PER_TICK,
  };
}
