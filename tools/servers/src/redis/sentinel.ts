/** A master, its replica, and sentinels that put the replica in the master's place when that is gone. */

import { type AvailableRedis, chooseRedis } from "./available.ts";
import { fieldsOf, onRedis, untilTrue } from "./client.ts";
import { type RedisProcess, startProcess } from "./process.ts";
import { type RedisOptions, type RedisServer, startRedis } from "./server.ts";
import { allOf, madeOf, stopAll } from "./together.ts";

/** Of the master and of the replica, which also knows the password; sentinels ask for none. */
export interface RedisSentinelOptions extends Omit<RedisOptions, "folder" | "port" | "replicaOf" | "tls"> {
  /** How many watch. Default: 3. */
  readonly sentinels?: number;
  /** How many must miss the master before it is replaced. Default: more than half of them. */
  readonly quorum?: number;
  /** After how long without an answer a sentinel misses the master. Default: 1,000 ms. */
  readonly downAfterMs?: number;
}

export interface RedisSentinels extends AsyncDisposable {
  /** By which the sentinels, and clients that ask them, know the master. */
  readonly name: string;
  readonly sentinels: readonly RedisProcess[];
  /** The one that was the master at the start. Crash it for a failover. After a restart sentinels make it a replica, which takes them 10 s. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  /** Resolves when each sentinel that is up names this server as the master, and it says the same of itself. */
  untilMaster(server: RedisServer): Promise<void>;
  stop(): Promise<void>;
}

const NAME = "jobyard";
const SENTINELS = 3;
const DOWN_AFTER_MS = 1_000;

/** Starts all of them and resolves when every sentinel knows the master, the replica and the other sentinels. */
export async function startRedisSentinels(options: RedisSentinelOptions = {}): Promise<RedisSentinels> {
  const { sentinels: count = SENTINELS, quorum, downAfterMs, ...each } = options;
  const watch = { quorum: quorum ?? Math.floor(count / 2) + 1, downAfterMs: downAfterMs ?? DOWN_AFTER_MS };
  const master = await startRedis(withMasterPassword(each));
  const replica = await madeOf([master], () => startRedis({ ...each, replicaOf: master.url }));
  const binary = chooseRedis(each.product);
  const sentinels = await madeOf([replica, master], () =>
    allOf(Array.from({ length: count }, () => startSentinel(binary, master, { ...watch, password: each.requirepass }))),
  );
  await madeOf([...sentinels, replica, master], () =>
    Promise.all(sentinels.map((sentinel) => untilSeen(sentinel, `status=ok,.*,slaves=1,sentinels=${count}$`))),
  );
  const stop = async (): Promise<void> => {
    // In this order nobody misses anybody.
    await stopAll(sentinels);
    await replica.stop();
    await master.stop();
  };
  return {
    name: NAME,
    sentinels,
    master,
    replica,
    untilMaster: async (server) => {
      const up = sentinels.filter((sentinel) => sentinel.pid !== null);
      await Promise.all(up.map((sentinel) => untilSeen(sentinel, `,address=127\\.0\\.0\\.1:${server.port},`)));
      await onRedis(server.url, undefined, (client) =>
        untilTrue(`${server.url} is a master`, async () => {
          return fieldsOf(await client.info("replication")).get("role") === "master";
        }),
      );
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The master will be a replica one day. */
function withMasterPassword({ requirepass, lines = [], ...options }: RedisOptions): RedisOptions {
  if (requirepass === undefined) return { ...options, lines };
  return { ...options, requirepass, lines: [`masterauth ${JSON.stringify(requirepass)}`, ...lines] };
}

interface Watch {
  readonly quorum: number;
  readonly downAfterMs: number;
  readonly password: string | undefined;
}

function startSentinel(
  binary: AvailableRedis,
  master: RedisServer,
  { quorum, downAfterMs, password }: Watch,
): Promise<RedisProcess> {
  return startProcess({
    binary,
    name: "redis-sentinel",
    args: ["--sentinel"],
    readyLine: "+monitor master",
    linesFor: (port) => [
      "bind 127.0.0.1",
      `port ${port}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${master.port} ${quorum}`,
      `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
      `sentinel failover-timeout ${NAME} 5000`,
      ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${JSON.stringify(password)}`]),
    ],
  });
}

/** Waits for what a sentinel says of the master: `name=jobyard,status=ok,address=127.0.0.1:6379,slaves=1,sentinels=3`. */
async function untilSeen({ port }: RedisProcess, pattern: string): Promise<void> {
  const sought = new RegExp(pattern);
  await onRedis(`redis://127.0.0.1:${port}`, undefined, (client) =>
    untilTrue(`the sentinel on port ${port} sees ${pattern}`, async () => {
      return sought.test(fieldsOf(await client.info("sentinel")).get("master0") ?? "");
    }),
  );
}
