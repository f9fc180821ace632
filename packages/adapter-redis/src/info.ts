/** What a server says of itself: `INFO`, as fields. */

import { type Client, serverOf } from "./driver.ts";

export type Info = ReadonlyMap<string, string>;

/** @param key - any key of this yard: on a cluster the node that has it is asked */
export const infoOf = async (client: Client, key: string): Promise<Info> =>
  parseInfo(await (await serverOf(client, key)).info());

export function parseInfo(text: string): Info {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([^#:\s][^:]*):(.*?)\r?$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  return fields;
}

/** 0 if there is no such field. */
export const numberIn = (info: Info, field: string): number => Number(info.get(field) ?? 0);

interface ServerVersion {
  readonly name: "Redis" | "Valkey";
  /** Its own, not the one of Redis that it says to be like. */
  readonly version: string;
}

/** Null where the server does not say. */
export function versionIn(info: Info): ServerVersion | null {
  const valkey = info.get("valkey_version");
  if (valkey !== undefined) return { name: "Valkey", version: valkey };
  const redis = info.get("redis_version");
  return redis === undefined ? null : { name: "Redis", version: redis };
}

const OLDEST: readonly [number, number] = [6, 2];
export const OLDEST_REDIS: string = OLDEST.join(".");

export function isTooOld({ name, version }: ServerVersion): boolean {
  if (name !== "Redis") return false;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
