/** A server of a run's own: killed and started again on its append-only file, disconnected, cut off, and asked how it is. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { availableRedis, connectRedis, type RedisServer, startRedis } from "@jobyard/servers";
import type { Redis } from "ioredis";
import { isLiving } from "../faults/process-state.ts";
import type { Crash, Disconnection, Loss } from "./backend.ts";
import { BUSY_WITHIN_MS, type OwnServer, openNetwork, revive } from "./own-server.ts";
import { problemsOf } from "./redis-integrity.ts";
import { type WrittenLog, watchLog } from "./redis-log.ts";

export interface ServerSettings {
  readonly fsync: "always" | "everysec";
  /** In bytes. Default: no limit. */
  readonly maxmemory?: number;
}

/** @param folder - for its data, kept when it stops */
export async function openServer(folder: string, { fsync, maxmemory }: ServerSettings): Promise<OwnServer> {
  const server = await startRedis({
    folder,
    appendonly: fsync,
    lines: [...(fsync === "always" ? OFTEN_REWRITTEN : NEVER_REWRITTEN), ...USERS],
    ...(maxmemory !== undefined && { maxmemory, maxmemoryPolicy: "noeviction" }),
  });
  const { url } = server;
  const log = fsync === "always" ? null : watchLog(folder);
  const losses: Loss[] = [];
  return {
    url,
    urlFor: (process) => named(url, process),
    crash: (downMs) => crash(server, downMs, log, losses),
    losses: () => losses,
    recoveries: () => readFileSync(join(folder, "server.log"), "utf8").split(LOADED).length - 1,
    disconnect: (process) => asked(url, (client) => disconnect(client, process)),
    revive: () => revive(server),
    openNetwork: () => openNetwork(url, named, "bzpopmin"),
    integrity: async () => {
      await revive(server);
      return [...(await asked(url, problemsOf)), ...fileProblems(folder)];
    },
    stop: async () => {
      log?.stop();
      await server.stop();
    },
  };
}

/** Also while it is killed and its clients are at work. */
const OFTEN_REWRITTEN = ["auto-aof-rewrite-min-size 2mb", "auto-aof-rewrite-percentage 50"];
/** One file whose end is what was written last. */
const NEVER_REWRITTEN = ["auto-aof-rewrite-percentage 0"];
/** What a server logs that has read its data from there. */
const LOADED = "DB loaded from append only file";

/** A connection has no name by which its process can be known, but a user: each worker that may come has one. */
const PLACES = 8;
const TURNS = 300;
const NAMES: ReadonlySet<string> = new Set(
  Array.from({ length: PLACES * TURNS }, (_, n) => `worker-${(n % PLACES) + 1}.${Math.floor(n / PLACES) + 1}`),
);
const USERS = [...NAMES].map((name) => `user ${name} on nopass ~* &* +@all`);

function named(url: string, process: string): string {
  if (!NAMES.has(process)) return url;
  const own = new URL(url);
  [own.username, own.password] = [process, "any"];
  return own.href;
}

/** @param log - null: what was answered is on the disk */
async function crash(server: RedisServer, downMs: number, log: WrittenLog | null, losses: Loss[]): Promise<Crash> {
  const from = performance.now();
  const at = Date.now();
  const killed = await server.crash();
  const left = killed.filter(isLiving);
  // Every second time the machine, as it were, goes down with it.
  const torn = losses.length % 2 === 1 ? (log?.tear(at) ?? null) : null;
  await sleep(downMs);
  const said = await server.restart();
  if (log !== null) {
    const means = torn === null ? "a kill of the server alone" : "a failure of the power";
    losses.push({ means, bytes: torn?.bytes ?? 0, from: (torn?.from ?? at) - HELD_UP_MS, to: Date.now() });
  }
  const remarks = [
    said.includes(LOADED) ? `"${LOADED}"` : "no append-only file was loaded",
    ...(torn === null ? [] : [`its last ${torn.bytes} bytes were taken from it`]),
  ];
  const pid = said.includes(LOADED) ? server.pid : null;
  return { killed, left, pid, forMs: Math.round(performance.now() - from), remarks };
}

/** So long Redis answers without writing where the disk has not finished the last second. */
const HELD_UP_MS = 2_000;

/** So long those that would write wait while their connections are looked at. */
const HOLD_MS = 500;

/** All connections of one process, at a moment in which one of them waits for the answer to a script, if there is any. */
async function disconnect(client: Redis, process: string): Promise<Disconnection> {
  for (const end = performance.now() + BUSY_WITHIN_MS; ; ) {
    await client.client("PAUSE", HOLD_MS, "WRITE");
    const own = await connectionsOf(client, process);
    const busy = own.filter(isAtWork);
    if (busy.length === 0 && performance.now() < end) {
      await sleep(LOOK_EVERY_MS);
      continue;
    }
    const ended = await Promise.all(own.map(({ id }) => client.client("KILL", "ID", id)));
    await client.client("UNPAUSE");
    const count = ended.filter((one) => Number(one) > 0).length;
    return { ended: count, busy: count === 0 ? 0 : busy.length };
  }
}

const LOOK_EVERY_MS = 2;

interface Connected {
  readonly id: string;
  readonly flags: string;
  readonly command: string;
}

async function connectionsOf(client: Redis, user: string): Promise<readonly Connected[]> {
  const lines = String(await client.client("LIST")).split("\n");
  const all = lines.map((line) => new Map(line.split(" ").map((part) => cut(part, "="))));
  return all
    .filter((fields) => fields.get("user") === user)
    .map((fields) => ({ id: get(fields, "id"), flags: get(fields, "flags"), command: get(fields, "cmd") }));
}

const get = (fields: ReadonlyMap<string, string>, name: string): string => fields.get(name) ?? "";

function cut(text: string, at: string): readonly [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

/** It has sent a script, and waits. */
const isAtWork = ({ flags, command }: Connected): boolean => flags.includes("b") && command.startsWith("eval");

/** A connection for one question. */
async function asked<T>(url: string, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = await connectRedis(url);
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

/** What Redis's own tool says of the files. */
function fileProblems(folder: string): readonly string[] {
  const [binary] = availableRedis();
  if (binary === undefined) return ["there is no redis-check-aof"];
  const manifest = join(folder, "appendonlydir", "appendonly.aof.manifest");
  const { status, stdout } = spawnSync(binary.file, [manifest], {
    argv0: "redis-check-aof",
    encoding: "utf8",
    env: { ...process.env, ...binary.env },
  });
  return status === 0 ? [] : [`redis-check-aof: ${stdout.trim().split("\n").slice(-2).join(" ")}`];
}
