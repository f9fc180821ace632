/** A TCP proxy for fault tests: it can be slow, deaf, or gone, for every connection or for those that a test names. */

import { once } from "node:events";
import { createServer } from "node:net";
import { type Address, type Connection, createConnection, type ProxyConnection } from "./connection.ts";

export type { ProxyConnection } from "./connection.ts";

export interface ProxyOptions {
  /** Where connections go on to: `postgres://…@127.0.0.1:5432/db`, or an address. */
  readonly to: string | Address;
  /** Added to every byte in each direction. Default: 0. */
  readonly latencyMs?: number;
  /** Sees every chunk that a client sends, before it goes on; what it returns is kept as the connection's `tag`. */
  readonly tag?: (chunk: Buffer) => string | undefined;
}

export interface BlackholeOptions {
  /** Which connections, asked again whenever their client sends something, before that goes on. Default: all. */
  readonly where?: (connection: ProxyConnection) => boolean;
  /**
   * `lose` (default): bytes are taken and forgotten; a connection that has lost some stays dead after `heal`, half-open,
   * as behind a firewall that has forgotten it. `hold`: bytes wait, and arrive after `heal` as if sent anew.
   */
  readonly bytes?: "lose" | "hold";
}

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** `to` with the proxy's address in it. */
  readonly url: string;
  /** Those that are open on either side. */
  readonly connections: readonly ProxyConnection[];
  /**
   * From now on the bytes of these connections, and their end, reach nobody. Neither side sees anything of it: new
   * connections are accepted, and what is sent is acknowledged. Replaces the black hole of before.
   */
  blackhole(options?: BlackholeOptions): void;
  /** Ends the black hole. Resets that nobody has heard of are passed on; connections that have lost bytes stay dead. */
  heal(): void;
  /** RST to both ends of these connections, all by default. Returns how many there were. */
  cut(where?: (connection: ProxyConnection) => boolean): number;
  /** Milliseconds added in each direction to every byte that is read from now on. */
  setLatency(ms: number): void;
  /** Resets what is open and listens no longer. */
  stop(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startProxy({ to, latencyMs = 0, tag = () => undefined }: ProxyOptions): Promise<TcpProxy> {
  const open = new Map<number, Connection>();
  let hole: BlackholeOptions | null = null;
  let latency = latencyMs;
  let accepted = 0;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted += 1;
    const id = accepted;
    open.set(
      id,
      createConnection({
        id,
        client,
        to: addressOf(to),
        tag,
        latencyMs: () => latency,
        fateOf: (connection) => (hole === null || hole.where?.(connection) === false ? "pass" : (hole.bytes ?? "lose")),
        onClose: () => open.delete(id),
      }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const { port } = address;

  const fallInto = (next: BlackholeOptions | null): void => {
    hole = next;
    for (const connection of open.values()) connection.reconsider();
  };
  const cut = (where: (connection: ProxyConnection) => boolean = () => true): number => {
    const chosen = [...open.values()].filter(where);
    for (const connection of chosen) connection.cut();
    return chosen.length;
  };
  const stop = async (): Promise<void> => {
    const closed = server.listening ? once(server, "close") : undefined;
    server.close();
    cut();
    await closed;
  };
  return {
    port,
    url: urlThrough(to, port),
    get connections() {
      return [...open.values()];
    },
    blackhole: (options = {}) => fallInto(options),
    heal: () => fallInto(null),
    cut,
    setLatency: (ms) => {
      latency = ms;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function addressOf(to: string | Address): Address {
  if (typeof to !== "string") return to;
  const { hostname, port } = new URL(to);
  if (port === "") throw new Error(`the address to go on to names no port: ${to}`);
  return { host: hostname, port: Number(port) };
}

function urlThrough(to: string | Address, port: number): string {
  if (typeof to !== "string") return `tcp://127.0.0.1:${port}`;
  const url = new URL(to);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return url.href;
}
