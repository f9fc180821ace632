/** Who else works on the queues, what that means, and whether they are heard. */

import { type Diagnosis, notLookedAt } from "@jobyard/core/adapter";
import { type InstalledBullMQ, installedBullMQ, isTested, layoutFault, TESTED_BULLMQ } from "../bullmq.ts";
import { refusalOf } from "../faults.ts";
import { coworkersOf, type Fleet } from "../options.ts";
import { few, type Sight, someQueues } from "./examination.ts";

export async function checkBullMQ(
  { fleet }: Pick<Sight, "fleet">,
  installed: InstalledBullMQ = installedBullMQ(),
): Promise<Diagnosis> {
  const code = "REDIS_BULLMQ";
  const evidence = { ...installed, range: TESTED_BULLMQ };
  if (installed.tested)
    return { code, level: "ok", text: `BullMQ ${installed.version} is one whose layout we test.`, evidence };
  const isRefused = layoutFault(fleet, installed) !== null;
  return {
    code,
    level: isRefused ? "problem" : "advice",
    text: `BullMQ ${installed.version} is none of those whose layout we test (${TESTED_BULLMQ})${isRefused ? ": beside its programs nothing of ours is written" : ""}.`,
    evidence,
    fix: "npm install bullmq@6.7, or see whether there is a newer @jobyard/adapter-redis.",
  };
}

const MEANING: Readonly<Record<Fleet, string>> = {
  own: "Nobody but Jobyard works on these queues, so all that is promised holds.",
  v6: "Programs with BullMQ 6 share these queues: order, maxSize, gapless events, limits and the counting of rescues hold for our processes only.",
  "mixed-v5":
    "Programs with BullMQ 5 and 6 share these queues: order, maxSize, gapless events, limits and the counting of rescues hold for our processes only, and queues cannot be paused.",
};

export async function checkFleet(sight: Pick<Sight, "client" | "server" | "prefix" | "fleet">): Promise<Diagnosis> {
  const code = "REDIS_FLEET";
  const { fleet } = sight;
  const versions = await versionsSeen(sight);
  const workers = await workersSeen(sight);
  const text = MEANING[fleet];
  const seen = versions.join(", ");
  const evidence = { fleet, coworkers: coworkersOf(fleet), versions: seen, workers: workers.length };
  const older = versions.filter((version) => Number.parseInt(version, 10) < 6);
  if (fleet !== "mixed-v5" && older.length > 0)
    return {
      ...{ code, level: "problem", evidence },
      text: `${text} But queues were used with BullMQ ${few(older)}.`,
      fix: "Say fleet=mixed-v5 in the URL; or, if no such program is left, let one with BullMQ 6 open the queues.",
    };
  if (fleet === "own" && workers.length > 0)
    return {
      ...{ code, level: "problem", evidence },
      text: `${text} But programs with BullMQ are at work: ${few(workers)}.`,
      fix: "Say fleet=v6 in the URL, or end those programs.",
    };
  const unknown = versions.filter((version) => Number.parseInt(version, 10) >= 6 && !isTested(version));
  if (unknown.length > 0)
    return {
      ...{ code, level: "advice", evidence },
      text: `${text} Queues were used with BullMQ ${few(unknown)}, which is none of those whose layout we test (${TESTED_BULLMQ}).`,
      fix: "See whether there is a newer @jobyard/adapter-redis, or keep those programs at a tested version.",
    };
  return { code, level: "ok", text, evidence };
}

/** What `Queue`s of BullMQ have left in the queues. */
async function versionsSeen(sight: Pick<Sight, "client" | "prefix">): Promise<readonly string[]> {
  const { client, prefix } = sight;
  const names = await someQueues(sight);
  const found = await Promise.all(names.map((name) => client.hget(`${prefix}:${name}:meta`, "version")));
  const versions = found.flatMap((text) => /^bullmq(?:-pro)?:(\d[\w.-]*)$/.exec(text ?? "")?.[1] ?? []);
  return [...new Set(versions)].sort();
}

/** The queues for which Workers and QueueEvents of BullMQ are connected: they say so by the name of the connection. */
async function workersSeen({ server, prefix }: Pick<Sight, "server" | "prefix">): Promise<readonly string[]> {
  const list = await server.client("LIST").catch((error: unknown) => {
    if (refusalOf(error) === null) throw error;
    return "";
  });
  const queues = String(list)
    .split("\n")
    .flatMap((line) => / name=(\S*) /.exec(line)?.[1] ?? [])
    .filter((name) => name.startsWith(`${prefix}:`))
    .map((name) => Buffer.from(name.slice(prefix.length + 1).split(":")[0] ?? "", "base64").toString());
  return [...new Set(queues)].sort();
}

export async function checkHearing({ hearing, deafness, prefix }: Sight): Promise<Diagnosis> {
  const code = "REDIS_HEARING";
  const reason = deafness instanceof Error ? deafness.message : null;
  const evidence = { hearing, reason };
  if (hearing === "listening")
    return { code, level: "ok", text: "What other processes do is heard at once.", evidence };
  if (refusalOf(deafness) === "NOPERM")
    return {
      ...{ code, level: "problem", evidence },
      text: "The user may not use our channels: nothing is heard, and scripts of ours fail.",
      fix: `ACL SETUSER <user> +publish +subscribe &${prefix}::*`,
    };
  return notLookedAt(code, reason ?? "no connection listens", "See whether server and network are well.");
}
