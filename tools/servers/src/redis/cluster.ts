/** A Redis Cluster of one's own: three masters that share the slots, each a server that can be crashed and restarted. */

import { freePort } from "../process/port.ts";
import { fieldsOf, onRedis, untilTrue } from "./client.ts";
import { type RedisOptions, type RedisServer, startRedis } from "./server.ts";
import { allOf, madeOf, stopAll } from "./together.ts";

/** Of each node. */
export type RedisClusterOptions = Omit<RedisOptions, "folder" | "port" | "replicaOf" | "tls">;

export interface RedisCluster extends AsyncDisposable {
  /** In the order of their slots. A client needs the `url` of one that is up. */
  readonly nodes: readonly RedisServer[];
  /** Resolves when every node, all being up, takes commands and knows of the others: after a restart, for one. */
  untilOk(): Promise<void>;
  stop(): Promise<void>;
}

const NODES = 3;
const SLOTS = 16_384;

/** Starts the nodes and resolves when each of them says that the cluster is complete. Needs Redis 7.0 or newer. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const members = await allOf(Array.from({ length: NODES }, () => startMember(options)));
  const nodes = members.map((member) => member.node);
  const untilOk = async (): Promise<void> => {
    await Promise.all(nodes.map(untilComplete));
  };
  await madeOf(nodes, async () => {
    await Promise.all(nodes.map(giveSlots));
    await introduce(members);
    await untilOk();
  });
  const stop = (): Promise<void> => stopAll(nodes);
  return { nodes, untilOk, stop, [Symbol.asyncDispose]: stop };
}

interface Member {
  readonly node: RedisServer;
  /** On which the nodes talk to each other. */
  readonly busPort: number;
  stop(): Promise<void>;
}

async function startMember(options: RedisClusterOptions): Promise<Member> {
  const busPort = await freePort();
  const lines = [
    "cluster-enabled yes",
    "cluster-announce-ip 127.0.0.1",
    // Else it is the port and 10,000, where outgoing connections may be.
    `cluster-port ${busPort}`,
    "cluster-node-timeout 2000",
  ];
  const node = await startRedis({ ...options, lines: [...lines, ...(options.lines ?? [])] });
  return { node, busPort, stop: node.stop };
}

/** An equal share, and an epoch of its own, about which the nodes would else have to come to terms. */
async function giveSlots({ url }: RedisServer, index: number): Promise<void> {
  const first = Math.ceil((index * SLOTS) / NODES);
  const last = Math.ceil(((index + 1) * SLOTS) / NODES) - 1;
  await onRedis(url, undefined, async (client) => {
    await client.cluster("ADDSLOTSRANGE", first, last);
    await client.cluster("SET-CONFIG-EPOCH", index + 1);
  });
}

/** Each meets those after it: hearing of each other from the first alone would take them seconds. */
async function introduce(members: readonly Member[]): Promise<void> {
  const meetings = members.map(({ node }, index) =>
    onRedis(node.url, undefined, async (client) => {
      for (const other of members.slice(index + 1))
        await client.cluster("MEET", "127.0.0.1", other.node.port, other.busPort);
    }),
  );
  await Promise.all(meetings);
}

async function untilComplete({ url }: RedisServer): Promise<void> {
  await onRedis(url, undefined, (client) =>
    untilTrue(`the node ${url} knows a complete cluster`, async () => {
      const fields = fieldsOf(String(await client.cluster("INFO")));
      return fields.get("cluster_state") === "ok" && fields.get("cluster_size") === String(NODES);
    }),
  );
}
