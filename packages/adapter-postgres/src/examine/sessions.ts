/** Who else uses the server: connections, what stands between, and what keeps it from cleaning up. */

import { bytesText, type Diagnosis } from "@jobyard/core/adapter";
import { hiddenSessions, oldSnapshots, readConnections, readSlots } from "../sql/examine-server.sql.ts";
import { few, GiB, minutesText, type Sight } from "./examination.ts";

const MANY_CONNECTIONS = 0.8;
const TOO_MANY_CONNECTIONS = 0.95;

export async function checkConnections({ db }: Pick<Sight, "db">): Promise<Diagnosis> {
  const code = "POSTGRES_CONNECTIONS";
  const { used = 0, ours = 0, room = 0 } = (await db.get(readConnections, {})) ?? {};
  const evidence = { used, ours, room };
  const text = `${used} of ${room} connections are in use, ${ours} of them by Jobyard.`;
  if (used < room * MANY_CONNECTIONS) return { code, level: "ok", text, evidence };
  return {
    code,
    level: used < room * TOO_MANY_CONNECTIONS ? "advice" : "problem",
    text: `${text} With all in use, calls wait and workers that start fail.`,
    evidence,
    fix: "Give each process a smaller pool (pool=… in the URL), put PgBouncer between, or raise max_connections.",
  };
}

export async function checkPooler({ isDirect, hearing }: Pick<Sight, "isDirect" | "hearing">): Promise<Diagnosis> {
  const code = "POSTGRES_POOLER";
  const evidence = { direct: isDirect, hearing };
  if (isDirect) return { code, level: "ok", text: "Connections lead to the server itself.", evidence };
  return {
    code,
    level: "advice",
    text: "A pooler that lends connections by transaction stands between, PgBouncer for one. Nothing can be heard through it, so idle workers look for work again and again.",
    evidence,
    fix: "For work to begin within milliseconds: give the workers a URL that leads to the server itself.",
  };
}

/** Any longer, and what work leaves behind begins to slow claims down. */
const SNAPSHOT_PATIENCE_MS = 300_000;

/** @param patienceMs - what is younger is left out */
export async function checkSnapshots(
  { db }: Pick<Sight, "db">,
  patienceMs: number = SNAPSHOT_PATIENCE_MS,
): Promise<Diagnosis> {
  const code = "POSTGRES_SNAPSHOTS";
  const holders = await db.all(oldSnapshots, { patience_ms: patienceMs });
  const hidden = (await db.get(hiddenSessions, {}))?.n ?? 0;
  const [oldest] = holders;
  const evidence = { holders: holders.length, oldestMs: oldest?.ms ?? 0, oldestPid: oldest?.pid ?? null, hidden };
  if (oldest !== undefined)
    return {
      code,
      level: "advice",
      text: `Held open for ${minutesText(oldest.ms)}, so that vacuum removes nothing since: ${few(holders.map(({ kind, what }) => `${kind} ${what}`))}.`,
      evidence,
      fix:
        oldest.kind === "prepared"
          ? `Commit or roll back what was prepared: ROLLBACK PREPARED '${oldest.what.replaceAll("'", "''")}'`
          : `Find out what it is and end it: SELECT pg_terminate_backend(${oldest.pid})`,
    };
  if (hidden > 0)
    return {
      code,
      level: "advice",
      text: `${hidden} sessions of other roles could not be looked at; what this role sees holds nothing open.`,
      evidence,
      fix: "GRANT pg_read_all_stats TO <the role of the URL>",
    };
  return { code, level: "ok", text: "No session holds back vacuum.", evidence };
}

const MUCH_LOG = GiB;
const TOO_MUCH_LOG: number = 32 * GiB;

/** @param muchLog - in bytes; less is kept by any slot now and then */
export async function checkSlots({ db }: Pick<Sight, "db">, muchLog: number = MUCH_LOG): Promise<Diagnosis> {
  const code = "POSTGRES_SLOTS";
  const slots = await db.all(readSlots, {});
  const [largest] = slots;
  const evidence = { slots: slots.length, largest: largest?.name ?? null, keptBytes: largest?.kept_bytes ?? 0 };
  if (largest === undefined || largest.kept_bytes < muchLog)
    return {
      code,
      level: "ok",
      text: slots.length === 0 ? "No replication slot keeps the log." : "The replication slots keep up.",
      evidence,
    };
  return {
    code,
    level: largest.kept_bytes < TOO_MUCH_LOG ? "advice" : "problem",
    text: `The replication slot ${largest.name} (${largest.active ? "in use" : "used by nobody"}) keeps ${bytesText(largest.kept_bytes)} of the log on the server's disk.`,
    evidence,
    fix: largest.active
      ? "See why its reader is behind; max_slot_wal_keep_size bounds what it may keep."
      : `If nobody needs it any more: SELECT pg_drop_replication_slot('${largest.name}')`,
  };
}
