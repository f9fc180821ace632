/** What has to be true of a server before anything is sent to it; looked at on every new connection. */

import { QueueError } from "@jobyard/core/adapter";
import type { Client } from "./driver.ts";
import { refusalOf, ServerLoading } from "./faults.ts";
import { type Info, infoOf, isTooOld, OLDEST_REDIS, versionIn } from "./info.ts";
import { isClusterClient } from "./target.ts";

/** The only policy under which a server refuses writes instead of deleting jobs. */
export const SAFE_POLICY = "noeviction";
export const POLICY_COMMAND: string = `CONFIG SET maxmemory-policy ${SAFE_POLICY}`;

/**
 * @param key - any key of this yard
 * @throws QueueError `STORE_UNSAFE` (it may delete jobs), `STORE_UNAVAILABLE` (a replica, too old, a cluster's node);
 *   ServerLoading
 */
export async function inspect(client: Client, key: string, place: string): Promise<void> {
  const info = await infoIfAllowed(client, key);
  if (info === null) return;
  if (info.get("loading") === "1") throw new ServerLoading();
  const problem = problemOf(info, isClusterClient(client));
  if (problem !== null) throw new QueueError(problem.code, `${place}: ${problem.what}`);
}

interface Problem {
  readonly code: "STORE_UNSAFE" | "STORE_UNAVAILABLE";
  readonly what: string;
}

/** What a server does not say cannot be judged. */
export function problemOf(info: Info, isCluster: boolean): Problem | null {
  const server = versionIn(info);
  if (server !== null && isTooOld(server))
    return unavailable(`Redis ${server.version} lacks what our scripts need; upgrade it to ${OLDEST_REDIS} or later`);
  if (info.get("cluster_enabled") === "1" && !isCluster)
    return unavailable("the server is a node of a cluster: write redis+cluster:// with a prefix such as {bull}");
  const role = info.get("role");
  if (role !== undefined && role !== "master")
    return unavailable(`the server is a replica of ${info.get("master_host") ?? "another"} and takes no writes`);
  const policy = info.get("maxmemory_policy");
  if (policy !== undefined && policy !== SAFE_POLICY)
    return {
      code: "STORE_UNSAFE",
      what: `maxmemory-policy is ${policy}, so a full server deletes jobs. Command, and the same in its configuration: ${POLICY_COMMAND}`,
    };
  return null;
}

const unavailable = (what: string): Problem => ({ code: "STORE_UNAVAILABLE", what });

async function infoIfAllowed(client: Client, key: string): Promise<Info | null> {
  try {
    return await infoOf(client, key);
  } catch (error) {
    if (refusalOf(error) === "NOPERM") return null;
    throw error;
  }
}
