/**
 * A global setup of Vitest: Redis servers for the projects that name it, as `inject("redis")`. It never throws, as that
 * would end the run of all projects; a server that cannot be had is provided as missing.
 */

import { type AvailableRedis, availableRedis } from "../redis/available.ts";
import { fieldsOf, onRedis } from "../redis/client.ts";
import { startRedis } from "../redis/server.ts";
import type { ProvidedRedis } from "./provided.ts";
import { type Candidate, type Provider, reasonOf, shareInRun } from "./shared.ts";

const URL_VARIABLE = "JOBYARD_TEST_REDIS_URL";

export default function setup(project: Provider): Promise<() => Promise<void>> {
  return shareInRun("redis", start, (servers) => project.provide("redis", servers));
}

/** Of each product one that forgets everything with its end. */
function start(): Promise<readonly Candidate<ProvidedRedis>[]> {
  const url = process.env[URL_VARIABLE];
  if (url) return Promise.all([given(url)]);
  const found = availableRedis();
  return Promise.all(found.length > 0 ? found.map(own) : [own(undefined)]);
}

async function own(found: AvailableRedis | undefined): Promise<Candidate<ProvidedRedis>> {
  const product = found?.product ?? "Redis";
  try {
    const server = await startRedis({ product });
    return { provided: { product, version: server.version, url: server.url }, stop: server.stop };
  } catch (error) {
    return { provided: { product, version: found?.version ?? "of any version", missing: reasonOf(error) } };
  }
}

async function given(url: string): Promise<Candidate<ProvidedRedis>> {
  try {
    const fields = fieldsOf(await onRedis(url, undefined, (client) => client.info("server")));
    const valkey = fields.get("valkey_version");
    const redis = fields.get("redis_version") ?? "";
    return { provided: { product: valkey === undefined ? "Redis" : "Valkey", version: valkey ?? redis, url } };
  } catch (error) {
    return { provided: { product: "Redis", version: `of ${URL_VARIABLE}`, missing: reasonOf(error) } };
  }
}
