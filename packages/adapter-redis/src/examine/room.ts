/** What is about to run out: memory, and connections. */

import { bytesText, type Diagnosis } from "@jobyard/core/adapter";
import { numberIn } from "../info.ts";
import { configOf, type Insight } from "./examination.ts";

const MUCH = 0.8;
const TOO_MUCH = 0.95;

const LESS = "Keep fewer finished jobs (retention)";

export async function checkMemory({ info }: Pick<Insight, "info">): Promise<Diagnosis> {
  const code = "REDIS_MEMORY";
  const used = numberIn(info, "used_memory");
  const limit = numberIn(info, "maxmemory");
  const machine = numberIn(info, "total_system_memory");
  const evidence = { usedBytes: used, limitBytes: limit, machineBytes: machine };
  const room = limit === 0 ? machine : limit;
  const of = limit === 0 ? "of the machine's memory" : "of maxmemory";
  if (room === 0) return { code, level: "ok", text: `${bytesText(used)} are in use.`, evidence };
  const text = `${bytesText(used)} ${of} are in use, out of ${bytesText(room)}.`;
  if (used < room * MUCH) return { code, level: "ok", text, evidence };
  const outcome =
    limit === 0 ? "With all in use the system ends the server." : "With all in use the server takes no more jobs.";
  return {
    code,
    level: used < room * TOO_MUCH ? "advice" : "problem",
    text: `${text} ${outcome}`,
    evidence,
    fix: limit === 0 ? `${LESS}, and set maxmemory, so that writes are refused first.` : `${LESS}, or raise maxmemory.`,
  };
}

export async function checkClients({ server, info }: Pick<Insight, "server" | "info">): Promise<Diagnosis> {
  const code = "REDIS_CLIENTS";
  const connected = numberIn(info, "connected_clients");
  const room = Number(info.get("maxclients") ?? (await configOf(server, "maxclients")) ?? 0);
  const rejected = numberIn(info, "rejected_connections");
  const evidence = { connected, room, rejected };
  const text = room === 0 ? `${connected} clients are connected.` : `${connected} of ${room} clients are connected.`;
  if (room === 0 || connected < room * MUCH) return { code, level: "ok", text, evidence };
  return {
    code,
    level: connected < room * TOO_MUCH ? "advice" : "problem",
    text: `${text} With all in use, workers that start fail.`,
    evidence,
    fix: "Find programs that hold many (CLIENT LIST), or raise maxclients.",
  };
}
