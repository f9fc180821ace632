/**
 * All that stands under a prefix as BullMQ's programs see it: without what is ours alone, and with instants as what they
 * are apart from the test's beginning, to the tens of seconds. So two stores can be compared in which the same was done.
 */

import type { Yard } from "./bullmq-ground.ts";

export type Keyspace = Readonly<Record<string, unknown>>;

/**
 * @param beginning - when the test began, ms since 1970
 * @param without - fields of hashes that are left out
 */
export async function keyspaceOf(
  { client, prefix }: Yard,
  beginning: number,
  without: readonly string[] = [],
): Promise<Keyspace> {
  const all = await client.keys(`${prefix}:*`);
  const theirs = all.map((key) => key.slice(prefix.length + 1)).filter((name) => !isOurs(name));
  const values: [string, unknown][] = [];
  for (const name of theirs.sort()) values.push([name, await kept(name)]);
  return Object.fromEntries(values.filter(([, value]) => value !== null));

  async function kept(name: string): Promise<unknown> {
    const key = `${prefix}:${name}`;
    switch (await client.type(key)) {
      case "string":
        return {
          text: name.endsWith(":lock") ? "a token" : await client.get(key),
          expires: (await client.pttl(key)) > 0,
        };
      case "list":
        return client.lrange(key, 0, -1);
      case "set":
        return (await client.smembers(key)).sort();
      case "zset":
        return scored(name, await client.zrange(key, 0, "-1", "WITHSCORES"));
      case "hash":
        return hashed(await client.hgetall(key));
      case "stream":
        return (await client.xrange(key, "-", "+")).map(([, fields]) => fields.map(timed).join(" "));
      default:
        return null;
    }
  }

  function scored(name: string, flat: readonly string[]): unknown {
    const read = SCORES[name.slice(name.indexOf(":") + 1)] ?? Number;
    const pairs: [string, unknown][] = [];
    for (let index = 0; index < flat.length; index += 2)
      pairs.push([flat[index] ?? "", read(Number(flat[index + 1]), apart)]);
    // What came in one batch has one instant, what came one by one has not.
    return read === Number ? pairs : pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  function hashed(fields: Readonly<Record<string, string>>): unknown {
    const told = Object.entries(fields).filter(([field]) => !isLeftOut(field));
    return Object.fromEntries(told.map(([field, text]) => [field, field === "opts" ? JSON.parse(text) : timed(text)]));
  }

  function isLeftOut(field: string): boolean {
    return field.startsWith("y") || field === "version" || without.includes(field);
  }

  function timed(text: string): string {
    return /^1\d{12}$/.test(text) ? apart(Number(text)) : text;
  }

  function apart(at: number): string {
    const tens = Math.round((at - beginning) / 10_000);
    return tens === 0 ? "about the beginning" : `${tens}0 s later`;
  }
}

/** Keys of ours beside the queues, and what hangs on a job of ours. */
const isOurs = (name: string): boolean => name.startsWith(":") || /:jye(v|rr)$/.test(name);

type Apart = (at: number) => string;

/** What the scores of a queue's structures say. The others are numbers. */
const SCORES: Readonly<Record<string, (score: number, apart: Apart) => unknown>> = {
  completed: (score, apart) => apart(score),
  failed: (score, apart) => apart(score),
  "waiting-children": (score, apart) => apart(score),
  delayed: (score, apart) => [apart(Math.floor(score / 4_096)), score % 4_096],
  marker: (score, apart) => (score === 0 ? 0 : apart(score)),
};
