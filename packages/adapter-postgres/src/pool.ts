/**
 * Connections to one database, lent for one call each. A connection that did not answer in time takes all others of
 * its generation with it: what cut it off has most likely cut them off too, and each would cost a call to find out.
 */

import type { Ports } from "@jobyard/core/adapter";
import pg from "pg";
import type { Connection } from "./connection.ts";
import { connectionOver } from "./connection.ts";
import type { Dialect } from "./dialect.ts";
import { ConnectionLost, sqlState } from "./faults.ts";
import { parsers } from "./parsers.ts";
import { setUp } from "./sql/session.sql.ts";

/** A connection for the time of one call. */
export interface Lent {
  readonly client: pg.PoolClient;
  readonly db: Connection;
  /** The server itself, or a pooler that keeps one server connection for each of ours. */
  readonly isDirect: boolean;
  /** True once nothing comes through any more. */
  isLost(): boolean;
  /** Breaks the connection off at once: what runs on it fails. */
  cut(): void;
  /** To be called once. A lost connection is thrown away, and with `discard` a good one too. */
  giveBack(how: "keep" | "discard"): void;
}

export interface PoolOptions {
  readonly url: string;
  readonly size: number;
  readonly connectTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly dialect: Dialect;
  readonly ports: Ports;
}

const IDLE_MS = 30_000;

export class Pool {
  readonly #options: PoolOptions;
  #current: pg.Pool;
  /** Open connections, of all generations. */
  readonly #clients = new Map<pg.PoolClient, Facts>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#current = this.#open();
  }

  /** @throws what the driver throws; `ConnectionLost` where that has no code */
  async borrow(): Promise<Lent> {
    const pool = this.#current;
    const client = await pool.connect().catch((error: unknown) => {
      throw withCode(error);
    });
    const facts = this.#clients.get(client);
    const isLost = (): boolean => facts === undefined || facts.isLost;
    const isDirect = facts?.isDirect ?? false;
    return {
      client,
      db: connectionOver(client, this.#options.dialect, isDirect ? "statements" : "nothing"),
      isDirect,
      isLost,
      cut: () => {
        client.connection.stream.destroy();
        if (this.#current === pool) this.#distrust();
      },
      giveBack: (how) => client.release(how === "discard" || isLost()),
    };
  }

  /**
   * Resolves when every connection is closed. What is lent then is waited for; connections that do not close in time
   * are broken off.
   *
   * @param over - resolves when the time is over
   */
  async close(over: Promise<void>): Promise<void> {
    this.#end(this.#current);
    const ended = Promise.all(this.#ending);
    await Promise.race([ended, over]);
    for (const client of this.#clients.keys()) client.connection.stream.destroy();
    await ended;
  }

  #distrust(): void {
    const old = this.#current;
    this.#current = this.#open();
    this.#end(old);
    for (const [client, { isIdle }] of this.#clients) if (isIdle) client.connection.stream.destroy();
  }

  #end(pool: pg.Pool): void {
    const ended = pool.end().then(() => void this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #open(): pg.Pool {
    const { url, size, connectTimeoutMs } = this.#options;
    const pool = new pg.Pool({
      ...clientConfig(url),
      max: size,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: IDLE_MS,
      // A program that only enqueued now and then may end without closing.
      allowExitOnIdle: true,
      onConnect: (client) => this.#setUp(client as pg.PoolClient),
    });
    pool.on("acquire", (client) => this.#note(client, { isIdle: false }));
    pool.on("release", (_, client) => this.#note(client, { isIdle: true }));
    pool.on("remove", (client) => this.#clients.delete(client));
    // An idle connection that ends is replaced when it is needed.
    pool.on("error", () => {});
    return pool;
  }

  #note(client: pg.PoolClient, change: Partial<Facts>): void {
    const facts = this.#clients.get(client);
    if (facts !== undefined) Object.assign(facts, change);
  }

  /** The listener stays for good: a connection that ends while it is lent must not end the process. */
  async #setUp(client: pg.PoolClient): Promise<void> {
    const facts: Facts = { isDirect: false, isIdle: false, isLost: false };
    const lose = (): void => {
      facts.isLost = true;
    };
    client.on("error", lose);
    client.on("end", lose);
    const { dialect, callTimeoutMs, connectTimeoutMs, ports } = this.#options;
    const done = new AbortController();
    void ports
      .sleep(connectTimeoutMs, done.signal)
      .then(() => done.signal.aborted || client.connection.stream.destroy());
    try {
      facts.isDirect = await isDirect(client, dialect, callTimeoutMs);
    } finally {
      done.abort("done");
    }
    this.#clients.set(client, facts);
  }
}

interface Facts {
  isDirect: boolean;
  isIdle: boolean;
  isLost: boolean;
}

/** What every connection of ours begins with. What the URL says goes before it. */
export const clientConfig = (url: string): pg.ClientConfig => ({
  connectionString: url,
  application_name: "jobyard",
  keepAlive: true,
  types: parsers,
});

/** Sets a new connection up, if it is ours alone. */
export async function isDirect(client: pg.ClientBase, dialect: Dialect, callTimeoutMs: number): Promise<boolean> {
  // Told by the server at the start; the types of pg do not know it.
  const { processID } = client as pg.ClientBase & { readonly processID?: number | null };
  const answer = await connectionOver(client, dialect).get(setUp, { pid: processID ?? 0, call_ms: callTimeoutMs });
  return answer?.direct === true;
}

/** Errors that the driver makes by itself have no code: while connecting they all mean that there is no connection. */
export function withCode(error: unknown): unknown {
  if (!(error instanceof Error) || sqlState(error) !== null || "code" in error) return error;
  return new ConnectionLost(error.message, { cause: error });
}
