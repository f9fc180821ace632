/** What every check is given, and what becomes of a check that cannot look. */

import { type Capabilities, type Diagnosis, type Instant, isQueueError, notLookedAt } from "@jobyard/core/adapter";
import type { Redis } from "ioredis";
import { type Client, serverOf } from "../driver.ts";
import { refusalOf } from "../faults.ts";
import { type Info, parseInfo } from "../info.ts";
import type { Fleet } from "../options.ts";
import type { Hearing } from "../subscriber.ts";

export interface Examination {
  /** As it was configured. */
  readonly prefix: string;
  readonly fleet: Fleet;
  readonly durability: Capabilities["durability"];
  /** Runs one look with the limits of a call, also at a server that was refused. Its errors are ours. */
  readonly run: <T>(look: (client: Client) => Promise<T>) => Promise<T>;
  /** Of this machine. */
  readonly now: () => Instant;
  readonly hearing: Hearing;
  /** Why nothing is heard; null if it is. */
  readonly deafness: unknown;
  /** What BullMQ's own deletes left of our jobs: how many are known, and whether that is all of them. */
  readonly dangling: (client: Client) => Promise<{ readonly jobs: number; readonly all: boolean }>;
}

/** What one check sees. */
export interface Sight extends Omit<Examination, "run" | "now"> {
  readonly client: Client;
  /** The server that has the keys of this yard. */
  readonly server: Redis;
  /** By this machine's clock. */
  readonly here: Instant;
}

/** With what the server says of itself, which not every user may ask for. */
export interface Insight extends Sight {
  readonly info: Info;
}

export type Check = (sight: Sight) => Promise<Diagnosis>;

export const informed =
  (check: (insight: Insight) => Promise<Diagnosis>): Check =>
  async (sight) =>
    check({ ...sight, info: parseInfo(await sight.server.info()) });

/**
 * Runs a check. What it may not look at is told as advice.
 *
 * @throws QueueError `STORE_UNAVAILABLE` and others of its kind: the server does not answer any more
 */
export async function look(code: string, check: Check, { run, now, ...known }: Examination): Promise<Diagnosis> {
  try {
    return await run(async (client) => {
      const server = await serverOf(client, rootOf(known));
      return check({ ...known, client, server, here: now() });
    });
  } catch (error) {
    const cause = isQueueError(error) ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (isQueueError(error, "STORE_CORRUPT")) {
      const fix = "Choose another prefix, or find out which program keeps something else there.";
      return { code, level: "problem", text: reason, evidence: { reason }, fix };
    }
    if (isQueueError(error) && !MAY_NOT.has(refusalOf(cause) ?? "")) throw error;
    return notLookedAt(code, reason, "Look at it by hand, or give the user what it lacks: ACL SETUSER.");
  }
}

/** This question was refused, by a server that answers others; why it is so another check tells. */
const MAY_NOT: ReadonlySet<string> = new Set(["NOPERM", "MOVED", "CLUSTERDOWN", "MASTERDOWN"]);

/** What all our own keys begin with. */
export const rootOf = ({ prefix }: Pick<Examination, "prefix">): string => `${prefix}::`;

/** As it is set; null where that may not be asked, as on servers that somebody else runs. */
export async function configOf(server: Redis, name: string): Promise<string | null> {
  try {
    const [, value = null] = (await server.config("GET", name)) as string[];
    return value;
  } catch (error) {
    if (refusalOf(error) === null) throw error;
    return null;
  }
}

/** The names of this yard's queues, some of them if there are very many. */
export async function someQueues({ client, prefix }: Pick<Sight, "client" | "prefix">): Promise<readonly string[]> {
  const names = await client.srandmember(`${prefix}::queues`, MANY_QUEUES);
  return names ?? [];
}

const MANY_QUEUES = 200;

/** `90 min`. */
export const minutesText = (ms: number): string => `${Math.floor(ms / 60_000)} min`;

/** The first few, and how many more there are. */
export const few = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
