/** The server itself: version, role, and whether it may delete what is in it. */

import { type Diagnosis, notLookedAt } from "@jobyard/core/adapter";
import { isTooOld, numberIn, OLDEST_REDIS, parseInfo, versionIn } from "../info.ts";
import { POLICY_COMMAND, SAFE_POLICY } from "../inspection.ts";
import { isClusterClient } from "../target.ts";
import { type Insight, rootOf } from "./examination.ts";

export async function checkVersion({ info }: Pick<Insight, "info">): Promise<Diagnosis> {
  const code = "REDIS_VERSION";
  const server = versionIn(info);
  if (server === null) return notLookedAt(code, "the server does not say its version", "Ask whoever runs it.");
  const { name, version } = server;
  const evidence = { name, version, oldest: OLDEST_REDIS };
  if (isTooOld(server))
    return {
      code,
      level: "problem",
      text: `Redis ${version} lacks what our scripts need.`,
      evidence,
      fix: `Upgrade the server to Redis ${OLDEST_REDIS} or later, or to Valkey.`,
    };
  return { code, level: "ok", text: `The server is ${name} ${version}.`, evidence };
}

export async function checkRole({ info }: Pick<Insight, "info">): Promise<Diagnosis> {
  const code = "REDIS_ROLE";
  const role = info.get("role") ?? "unknown";
  const replicas = numberIn(info, "connected_slaves");
  const lost = info.get("master_link_status") === "down";
  const evidence = { role, replicas, primary: info.get("master_host") ?? null };
  if (role === "slave")
    return {
      code,
      level: "problem",
      text: `The server is a replica${lost ? " that has lost its primary" : ""}, and takes no writes.`,
      evidence,
      fix: "Name the primary in the URL, or the sentinels that know it: redis+sentinel://…/<its name>",
    };
  const text = "The server takes writes.";
  if (replicas === 0) return { code, level: "ok", text, evidence };
  return {
    code,
    level: "ok",
    text: `${text} ${replicas} replicas follow it; if one takes its place, what it had not received yet is lost.`,
    evidence,
  };
}

export async function checkPrefix({ client, server, prefix, info }: Insight): Promise<Diagnosis> {
  const code = "REDIS_PREFIX";
  const isClustered = info.get("cluster_enabled") === "1";
  const evidence = { prefix, cluster: isClustered };
  if (!isClustered) return { code, level: "ok", text: `All keys begin with ${prefix}.`, evidence };
  if (!isClusterClient(client))
    return {
      code,
      level: "problem",
      text: "The server is one node of a cluster, and is used as if it were alone.",
      evidence,
      fix: "Write redis+cluster:// with some of its nodes, and a prefix with a hash tag: prefix={bull}",
    };
  const state = parseInfo(String(await server.cluster("INFO"))).get("cluster_state") ?? "unknown";
  const slot = await server.cluster("KEYSLOT", rootOf({ prefix }));
  const more = { ...evidence, state, slot };
  if (state === "ok")
    return { code, level: "ok", text: `All keys begin with ${prefix} and lie in the slot ${slot}.`, evidence: more };
  return {
    code,
    level: "problem",
    text: `The cluster's state is ${state}: not every slot is served.`,
    evidence: more,
    fix: "See CLUSTER INFO and CLUSTER NODES; start the nodes that are missing, or let replicas take their place.",
  };
}

export async function checkPolicy({ info }: Pick<Insight, "info">): Promise<Diagnosis> {
  const code = "REDIS_POLICY";
  const policy = info.get("maxmemory_policy");
  if (policy === undefined)
    return notLookedAt(code, "the server does not say its maxmemory-policy", `See to it that it is ${SAFE_POLICY}.`);
  const evidence = { policy, maxmemory: numberIn(info, "maxmemory") };
  if (policy === SAFE_POLICY)
    return { code, level: "ok", text: "A full server refuses writes, and deletes nothing.", evidence };
  return {
    code,
    level: "problem",
    text: `maxmemory-policy is ${policy}: a full server deletes jobs without a word.`,
    evidence,
    fix: `${POLICY_COMMAND}; and the same in its configuration, so that it survives a restart.`,
  };
}

export async function checkEvictions({ info }: Pick<Insight, "info">): Promise<Diagnosis> {
  const code = "REDIS_EVICTIONS";
  const evicted = numberIn(info, "evicted_keys");
  const evidence = { evicted, uptimeSeconds: numberIn(info, "uptime_in_seconds") };
  if (evicted === 0) return { code, level: "ok", text: "The server has deleted nothing to make room.", evidence };
  return {
    code,
    level: "problem",
    text: `The server has deleted ${evicted} keys to make room since it was started; jobs may be among them.`,
    evidence,
    fix: `${POLICY_COMMAND}; look for jobs that are missing; then: CONFIG RESETSTAT`,
  };
}
