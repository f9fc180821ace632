/**
 * Clients of ioredis, set so that a command is never sent twice behind our back, and fails as soon as its connection
 * does: nothing waits in the driver, nothing is repeated by it. Who waits and what is tried again is decided by us.
 */

import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { ConnectionLost, refusalOf } from "./faults.ts";
import { isClusterClient, type Reach, type Target } from "./target.ts";

export type Client = Redis | Cluster;

/** Those that decide the shapes of replies are left as they are, BullMQ's own. */
type Settings = Omit<RedisOptions, "replyMapping">;

type OneServer = Extract<Target, { readonly kind: "server" | "sentinels" }>;

export interface DriverOptions {
  readonly target: Target;
  /** What the server's CLIENT LIST shows. */
  readonly connectionName: string;
  readonly connectTimeoutMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** How long to wait in ms before the next try to connect. */
  readonly pauseMs: () => number;
}

/** Begins to connect at once. The caller listens to `error`. */
export function newClient(options: DriverOptions): Client {
  const { target } = options;
  const common = commonOptions(options);
  switch (target.kind) {
    case "server":
    case "sentinels":
      return new Redis(serverOptions(target, common));
    case "cluster":
      return new Cluster(
        target.nodes.map((node) => ({ ...node })),
        {
          ...{ ...NEVER_TWICE, clusterRetryStrategy: options.pauseMs, slotsRefreshTimeout: SLOTS_MS },
          redisOptions: { ...forNodes(common), ...reachOptions(target) },
          ...(target.tls && { dnsLookup: byName }),
        },
      );
    case "client":
      return isClusterClient(target.client)
        ? sameCluster(target.client, options, common)
        : target.client.duplicate(common);
  }
}

/**
 * For a connection that subscribes. It is made by `connect()`, once, and not again when it is lost. In a cluster any
 * node hears what is said on any other.
 *
 * @param known - of the cluster, a client that is ready; else null
 */
export function newEar(options: DriverOptions, known: Cluster | null): Redis {
  const once = { lazyConnect: true, retryStrategy: () => null };
  if (known !== null) {
    const nodes = known.nodes();
    const node = nodes[Math.floor(options.random() * nodes.length)];
    if (node === undefined) throw new ConnectionLost("the cluster has no node left");
    return node.duplicate({ ...forNodes(commonOptions(options)), ...once });
  }
  const { target } = options;
  const common = { ...commonOptions(options), ...once };
  if (target.kind === "server" || target.kind === "sentinels") return new Redis(serverOptions(target, common));
  if (target.kind === "client" && !isClusterClient(target.client)) return target.client.duplicate(common);
  throw new TypeError("a cluster is listened to by one of its nodes");
}

/** The connection to the server that has this key. */
export async function serverOf(client: Client, key: string): Promise<Redis> {
  if (!isClusterClient(client)) return client;
  const nodes = client.nodes("master");
  // Any of them can say it, also one that has to be connected for it.
  const name = client.slots[(await nodes[0]?.cluster("KEYSLOT", key)) ?? -1]?.[0];
  const node = nodes.find(({ options }) => `${options.host}:${options.port}` === name);
  if (node === undefined) throw new ConnectionLost("the cluster's node for this yard is gone");
  return node;
}

/** Breaks it off at once; it connects anew by itself. */
export function cutClient(client: Client): void {
  const streams = streamsOf(client);
  // A cluster goes on as long as one of its nodes is left.
  if (isClusterClient(client)) client.disconnect(true);
  for (const stream of streams) stream?.destroy();
}

/** Ends it for good. */
export function endClient(client: Client): void {
  const streams = streamsOf(client);
  client.disconnect();
  // Its own way waits for the server to agree.
  for (const stream of streams) stream?.destroy();
}

/** Of a connection that was not made yet there is none, whatever its type says. */
const streamsOf = (client: Client): readonly (Redis["stream"] | undefined)[] =>
  (isClusterClient(client) ? client.nodes() : [client]).map(({ stream }) => stream);

function serverOptions(target: OneServer, common: Settings): Settings {
  const all = { ...common, ...reachOptions(target), db: target.db };
  if (target.kind === "server") return { ...all, ...target.node };
  const { username, password } = target.sentinel;
  return {
    ...(common.retryStrategy && { sentinelRetryStrategy: common.retryStrategy }),
    ...{ ...all, name: target.name, sentinels: target.nodes.map((node) => ({ ...node })) },
    ...{ enableTLSForSentinelMode: target.tls, sentinelCommandTimeout: common.connectTimeout ?? 0 },
    ...(target.tls && { sentinelTLS: tlsOptions(target) }),
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: password }),
  };
}

function commonOptions({ connectionName, connectTimeoutMs, pauseMs }: DriverOptions): Settings {
  return {
    ...{ connectionName, connectTimeout: connectTimeoutMs, keepAlive: KEEP_ALIVE_MS },
    ...{ disableClientInfo: true, disconnectTimeout: LEAVING_MS },
    lazyConnect: false,
    // What every server, proxy and BullMQ know.
    protocol: 2,
    // What was sent when a connection broke fails; so does what is sent while there is none.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // Those who listen subscribe anew themselves, and are told.
    autoResubscribe: false,
    // We look ourselves, and at more.
    enableReadyCheck: false,
    retryStrategy: pauseMs,
    // The primary is elsewhere now. 1: with another connection, and without sending the command again.
    reconnectOnError: (error) => (LEAVING.has(refusalOf(error) ?? "") ? 1 : false),
  };
}

const KEEP_ALIVE_MS = 10_000;
/** So long the server may take to see that we leave. */
const LEAVING_MS = 500;
const LEAVING: ReadonlySet<string> = new Set(["READONLY", "MASTERDOWN"]);

const reachOptions = (reach: Reach) => ({
  family: reach.family,
  ...(reach.username !== undefined && { username: reach.username }),
  ...(reach.password !== undefined && { password: reach.password }),
  ...(reach.tls && { tls: tlsOptions(reach) }),
});

/** Certificates are verified unless somebody says otherwise, and nobody can. */
const tlsOptions = ({ ca }: Reach) => (ca === undefined ? {} : { ca });

/** Certificates name hosts, not their addresses. */
const byName: NonNullable<ClusterOptions["dnsLookup"]> = (host, done) => done(null, host);

const SLOTS_MS = 3_000;
/** A command that a node refused is sent where the node says, or again a moment later; one that was lost stays lost. */
const NEVER_TWICE = {
  retryDelayOnFailover: 0,
  ...{ enableOfflineQueue: false, enableReadyCheck: true, lazyConnect: false, scaleReads: "master" },
} as const satisfies ClusterOptions;

function sameCluster(client: Cluster, { pauseMs }: DriverOptions, common: Settings): Cluster {
  const { replyMapping: _, ...own } = client.options.redisOptions ?? {};
  return client.duplicate([], {
    ...{ ...NEVER_TWICE, clusterRetryStrategy: pauseMs },
    redisOptions: { ...own, ...forNodes(common) },
  });
}

/** A cluster sees to these itself; it takes nodes that connect of themselves for nodes that are gone. */
function forNodes({ retryStrategy: _, enableOfflineQueue: __, lazyConnect: ___, ...options }: Settings): Settings {
  return options;
}
