/** The machine's processes, as far as ending a server with all its children needs them. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const LIMIT_MS = 20_000;

/**
 * SIGKILL to a process and everything below it. Resolves with their ids, its own first, when none of them is left.
 * It is stopped first, so that it starts no further child meanwhile.
 */
export async function killTree(root: number): Promise<readonly number[]> {
  if (!send(root, "SIGSTOP")) return [];
  const pids = [root, ...descendants(root)];
  for (const pid of pids) send(pid, "SIGKILL");
  const end = performance.now() + LIMIT_MS;
  for (let left: readonly number[] = pids; left.length > 0; left = living(left)) {
    if (performance.now() > end) throw new Error(`still there ${LIMIT_MS} ms after SIGKILL: ${left.join(", ")}`);
    await sleep(5);
  }
  return pids;
}

/** Those of the processes that are there; one that has ended and that nobody has asked about yet is not. */
export function living(pids: readonly number[]): readonly number[] {
  const table = processes();
  return pids.filter((pid) => table.has(pid));
}

/** The processes below this one, its children first. */
export function descendants(root: number): readonly number[] {
  const table = processes();
  const found: number[] = [root];
  for (const parent of found) for (const [pid, its] of table) if (its === parent) found.push(pid);
  return found.slice(1);
}

/** Sends a signal. False if there is no such process. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Parents by process id, without zombies. */
function processes(): ReadonlyMap<number, number> {
  return process.platform === "linux" ? fromProc() : fromPs();
}

function fromProc(): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    const stat = /^\d+$/.test(entry) ? statOf(entry) : null;
    // "4711 (any name) S 4242 …"
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields !== undefined) enter(table, Number(entry), Number(fields[1]), fields[0] ?? "");
  }
  return table;
}

function statOf(pid: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function fromPs(): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  for (const line of spawnSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" }).stdout.split("\n")) {
    const [pid, parent, state] = line.trim().split(/\s+/);
    if (state !== undefined) enter(table, Number(pid), Number(parent), state);
  }
  return table;
}

function enter(table: Map<number, number>, pid: number, parent: number, state: string): void {
  if (!/^[ZX]/.test(state)) table.set(pid, parent);
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ESRCH" || code === "ENOENT";
}
