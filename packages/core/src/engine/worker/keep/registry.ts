/** How a worker makes itself known: a record that lives as long as it is refreshed. */

import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { WORKER_KIND, type WorkerInfo } from "../../../nouns/worker-info.ts";
import type { Line } from "../line.ts";
import type { Shift } from "../shift.ts";

/** What the record holds. */
export interface Registered extends WorkerInfo {
  /** Processes see each other only within one of these: containers may share a host's name and nothing else. */
  readonly pidSpace: string;
}

export interface Registry {
  /** Called at every heartbeat. */
  refresh(): Promise<void>;
  remove(): Promise<void>;
}

export function createRegistry({ adapter, clock, session, settings }: Shift, lines: readonly Line[]): Registry {
  let startedAt: number | null = null;
  return {
    refresh: async () => {
      const now = clock.serverNow();
      startedAt ??= now;
      const info: Registered = {
        session,
        name: settings.name,
        host: hostname(),
        pid: process.pid,
        pidSpace: PID_SPACE,
        startedAt,
        seenAt: now,
        leaseMs: settings.leaseMs,
        queues: lines.map(({ queue, concurrency, running }) => ({
          queue,
          concurrency,
          running,
          types: settings.types,
        })),
      };
      await adapter.records.put(WORKER_KIND, session, JSON.stringify(info), { ttlMs: settings.leaseMs });
    },
    remove: async () => {
      await adapter.records.remove(WORKER_KIND, session);
    },
  };
}

/** The worker of this session, if it is registered at the moment. */
export async function readWorker(
  { records }: Shift["adapter"],
  session: string,
): Promise<{ readonly info: Registered; readonly version: number } | null> {
  const record = await records.get(WORKER_KIND, session);
  return record === null ? null : { info: JSON.parse(record.doc) as Registered, version: record.version };
}

/** True only if it is certain: the process was one of this host, visible from here, and is no more. */
export function isGoneProcess({ host, pid, pidSpace }: Registered): boolean {
  if (host !== hostname() || pidSpace !== PID_SPACE) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

const PID_SPACE: string = readPidSpace();

function readPidSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    // Only Linux has such spaces.
    return process.platform;
  }
}
