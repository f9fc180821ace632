/** What survives a crash: how the server writes to disk, and whether it can. */

import type { Capabilities, Diagnosis } from "@jobyard/core/adapter";
import { numberIn } from "../info.ts";
import { configOf, type Insight } from "./examination.ts";

type Durability = Capabilities["durability"];
const ORDER: readonly Durability[] = ["none", "crash", "power"];

/** How the server writes, in its own words. */
export interface Writing {
  readonly appendonly: boolean;
  /** Null: may not be asked. */
  readonly appendfsync: string | null;
  readonly save: string | null;
}

const ALWAYS = "CONFIG SET appendfsync always; and the same in its configuration.";
const APPEND = "CONFIG SET appendonly yes; CONFIG SET appendfsync always; and the same in its configuration.";

interface Verdict {
  readonly kept: Durability;
  readonly text: string;
  readonly fix: string;
  /** If nothing else was stated. */
  readonly level: Diagnosis["level"];
}

export function judge({ appendonly, appendfsync, save }: Writing): Verdict {
  if (!appendonly && save === "")
    return {
      ...{ kept: "none", level: "advice", fix: `If its jobs matter: ${APPEND}` },
      text: "The server is set up for data that nobody will miss: nothing survives its end.",
    };
  if (!appendonly)
    return {
      ...{ kept: "none", level: "problem", fix: APPEND },
      text: "The server writes snapshots only: its end takes every job since the last of them.",
    };
  switch (appendfsync) {
    case "always":
      return { kept: "power", level: "ok", text: "What was answered survives a loss of power (AOF, always).", fix: "" };
    case "everysec":
      return {
        ...{ kept: "crash", level: "advice", fix: ALWAYS },
        text: "The AOF is on disk once a second: a crash of the machine takes what was answered in the last two seconds.",
      };
    case "no":
      return {
        ...{ kept: "crash", level: "advice", fix: ALWAYS },
        text: "The AOF is on disk when the system likes: a crash of the machine takes the last half minute or so.",
      };
    default:
      return {
        ...{ kept: "crash", level: "advice", fix: "Ask whoever runs the server for appendfsync always." },
        text: "The server writes an AOF, and does not say how often it is on disk.",
      };
  }
}

export async function checkDurability({ server, info, durability: stated }: Insight): Promise<Diagnosis> {
  const code = "REDIS_DURABILITY";
  const writing = {
    appendonly: info.get("aof_enabled") === "1",
    appendfsync: await configOf(server, "appendfsync"),
    save: await configOf(server, "save"),
  };
  const { kept, level, text, fix } = judge(writing);
  const evidence = { ...writing, kept, stated };
  if (ORDER.indexOf(kept) < ORDER.indexOf(stated))
    return { code, level: "problem", text: `${text} The URL says durability=${stated}.`, evidence, fix };
  const isStated = stated !== "none" && kept === stated;
  return level === "ok" || isStated ? { code, level: "ok", text, evidence } : { code, level, text, evidence, fix };
}

/** What has to be `ok`, and what it means if it is not. */
const STATUSES: Readonly<Record<string, string>> = {
  aof_last_write_status: "the AOF could not be written",
  rdb_last_bgsave_status: "the last snapshot could not be written",
  aof_last_bgrewrite_status: "the AOF could not be made shorter",
};

export async function checkPersistence({ info }: Pick<Insight, "info">): Promise<Diagnosis> {
  const code = "REDIS_PERSISTENCE";
  const failed = Object.keys(STATUSES).filter((field) => (info.get(field) ?? "ok") !== "ok");
  const evidence = Object.fromEntries(Object.keys(STATUSES).map((field) => [field, info.get(field) ?? null]));
  if (failed.length === 0) return { code, level: "ok", text: "What the server wrote to disk arrived there.", evidence };
  return {
    code,
    level: "problem",
    text: `On the server ${failed.map((field) => STATUSES[field]).join(", and ")}; it may take no writes until that is mended.`,
    evidence,
    fix: "See the server's log, the room on its disk and the rights on its folder; then: BGSAVE, or BGREWRITEAOF",
  };
}

const LONG_FORK_MS = 500;

/** While it forks it answers nobody; a disk that is behind holds up writes. */
export async function checkPauses({ info }: Pick<Insight, "info">): Promise<Diagnosis> {
  const code = "REDIS_PAUSES";
  const forkMs = Math.round(numberIn(info, "latest_fork_usec") / 1_000);
  const delayedFsyncs = numberIn(info, "aof_delayed_fsync");
  const evidence = { forkMs, delayedFsyncs };
  if (forkMs >= LONG_FORK_MS)
    return {
      code,
      level: "advice",
      text: `To write its data to disk the server stood still for ${forkMs} ms.`,
      evidence,
      fix: "Keep fewer finished jobs, switch transparent huge pages off, or give the server a faster machine.",
    };
  if (delayedFsyncs > 0)
    return {
      code,
      level: "advice",
      text: `The disk was too slow for the AOF ${delayedFsyncs} times since the server was started, and writes waited.`,
      evidence,
      fix: "Give the server a faster disk, or one of its own.",
    };
  return { code, level: "ok", text: "Writing to disk holds nobody up.", evidence };
}
