/** A Redis server of one's own: started on a free port, and gone with whoever started it. */

import { chooseRedis, type RedisProduct } from "./available.ts";
import { type Certificate, certificateIn } from "./certificate.ts";
import { fieldsOf, onRedis, untilTrue } from "./client.ts";
import { type RedisProcess, startProcess } from "./process.ts";

export interface RedisOptions {
  /** Default: Redis if there is one, else Valkey. */
  readonly product?: RedisProduct;
  /** When a write is on disk: after each command, each second, or never. Default: `no`, nothing outlives the process. */
  readonly appendonly?: "no" | "everysec" | "always";
  /** In bytes. Default: no limit. */
  readonly maxmemory?: number;
  /** What happens at the limit. Default: Redis's own, `noeviction`. */
  readonly maxmemoryPolicy?: string;
  /** The password of the user `default`; it is in `url`. Default: none is asked for. */
  readonly requirepass?: string;
  /** The `url` of the master that this server copies. It has its first copy when `startRedis` resolves. */
  readonly replicaOf?: string;
  /** TLS on the only port, with a certificate that was made for this server. Default: false. */
  readonly tls?: boolean;
  /** Further lines of `redis.conf`; they win over those made of the other options. */
  readonly lines?: readonly string[];
  /** Where the data is put and kept, or found again. Default: a temporary folder, removed by `stop`. */
  readonly folder?: string;
  /** Default: a free one, below the range that outgoing connections use. */
  readonly port?: number;
}

export interface RedisServer extends RedisProcess {
  /** To database 0. Stays the same over `restart`. */
  readonly url: string;
  readonly product: RedisProduct;
  /** As the binary says it: `7.0.15`. */
  readonly version: string;
  /** What a client has to trust to connect; null without TLS. */
  readonly certificate: Certificate | null;
}

/**
 * Starts a server and resolves when it takes commands.
 * Throws if there is none on this machine, with what was tried, or with the server's log if it does not start.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const binary = chooseRedis(options.product);
  let certificate: Certificate | null = null;
  const process = await startProcess({
    binary,
    name: "redis",
    args: [],
    readyLine: "Ready to accept connections",
    folder: options.folder,
    port: options.port,
    linesFor: (port, folder) => {
      certificate = options.tls ? certificateIn(folder) : null;
      return linesOf(options, port, certificate);
    },
  });
  const server: RedisServer = Object.assign(process, {
    url: urlOf(process.port, options),
    product: binary.product,
    version: binary.version,
    certificate,
  });
  if (options.replicaOf === undefined) return server;
  try {
    await untilCopied(server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function urlOf(port: number, { tls, requirepass }: RedisOptions): string {
  const login = requirepass === undefined ? "" : `:${encodeURIComponent(requirepass)}@`;
  return `${tls ? "rediss" : "redis"}://${login}127.0.0.1:${port}/0`;
}

function linesOf(options: RedisOptions, port: number, certificate: Certificate | null): readonly string[] {
  const { appendonly = "no", maxmemory, maxmemoryPolicy, requirepass, replicaOf, lines = [] } = options;
  return [
    "bind 127.0.0.1",
    ...(certificate === null ? [`port ${port}`] : tlsLines(port, certificate)),
    'save ""',
    // A new replica gets its copy now, instead of in five seconds together with others that might come.
    "repl-diskless-sync-delay 0",
    ...(appendonly === "no" ? ["appendonly no"] : ["appendonly yes", `appendfsync ${appendonly}`]),
    ...(maxmemory === undefined ? [] : [`maxmemory ${maxmemory}`]),
    ...(maxmemoryPolicy === undefined ? [] : [`maxmemory-policy ${maxmemoryPolicy}`]),
    ...(requirepass === undefined ? [] : [`requirepass ${quoted(requirepass)}`]),
    ...(replicaOf === undefined ? [] : replicaLines(replicaOf)),
    ...lines,
  ];
}

function tlsLines(port: number, { caFile, keyFile }: Certificate): readonly string[] {
  return [
    "port 0",
    `tls-port ${port}`,
    `tls-cert-file ${quoted(caFile)}`,
    `tls-key-file ${quoted(keyFile)}`,
    `tls-ca-cert-file ${quoted(caFile)}`,
    "tls-auth-clients no",
  ];
}

function replicaLines(master: string): readonly string[] {
  const { protocol, hostname, port, password } = new URL(master);
  if (protocol !== "redis:") throw new Error(`a replica takes its copy without TLS only, not from ${protocol}`);
  return [
    `replicaof ${hostname} ${port}`,
    ...(password === "" ? [] : [`masterauth ${quoted(decodeURIComponent(password))}`]),
  ];
}

async function untilCopied({ url, certificate }: RedisServer): Promise<void> {
  await onRedis(url, certificate?.ca, (client) =>
    untilTrue(`the replica ${url} has its copy`, async () => {
      return fieldsOf(await client.info("replication")).get("master_link_status") === "up";
    }),
  );
}

/** One argument of a configuration line, whatever is in it. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
