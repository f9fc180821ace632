/** What stands in the queues: its times, and what others have left of it. */

import type { Diagnosis } from "@jobyard/core/adapter";
import { minutesText, type Sight, someQueues } from "./examination.ts";

const CLOCK_PATIENCE_MS = 60_000;

/** Deadlines are judged by the server's clock alone: it must not go back, and a failover may bring another one. */
export async function checkClock(sight: Pick<Sight, "client" | "server" | "prefix" | "here">): Promise<Diagnosis> {
  const code = "REDIS_CLOCK";
  const { client, server, prefix, here } = sight;
  const [seconds, micros] = await server.time();
  const now = Math.floor(Number(seconds) * 1_000 + Number(micros) / 1_000);
  const names = await someQueues(sight);
  const newest = await Promise.all(
    names.map((name) => client.zrevrange(`${prefix}::q:${name}:jobs`, 0, 0, "WITHSCORES")),
  );
  const latest = newest.reduce<number>((most, [, score]) => Math.max(most, Number(score ?? 0)), 0);
  const aheadMs = Math.max(0, latest - now);
  const evidence = { newestCreatedAt: latest || null, aheadMs, serverAheadOfProcessMs: now - here };
  if (aheadMs <= CLOCK_PATIENCE_MS) return { code, level: "ok", text: "No job comes from the future.", evidence };
  return {
    code,
    level: "problem",
    text: `The newest job was enqueued ${minutesText(aheadMs)} in the future: the server's clock was set back, or a failover brought one that is behind.`,
    evidence,
    fix: "Correct the server's clock (NTP). Jobs run when it has caught up; to run some now: jobyard promote <id…>",
  };
}

export async function checkDangling({ client, dangling }: Pick<Sight, "client" | "dangling">): Promise<Diagnosis> {
  const code = "REDIS_DANGLING";
  const { jobs, all } = await dangling(client);
  const evidence = { jobs, all };
  if (jobs === 0)
    return { code, level: "ok", text: "Nothing is left of jobs that BullMQ's own tools deleted.", evidence };
  return {
    code,
    level: "ok",
    text: `${all ? "" : "At least "}${jobs} jobs were deleted by BullMQ's own tools; what is left of them goes with the next sweep.`,
    evidence,
  };
}
