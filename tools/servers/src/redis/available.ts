/**
 * Which Redis servers this machine can start: those on PATH, else Debian's package, fetched without being installed.
 * Valkey is taken from PATH only.
 */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { libraryFolders, unpackedDebian } from "../process/debian.ts";
import { askVersion } from "../process/version.ts";

export type RedisProduct = "Redis" | "Valkey";

export interface AvailableRedis {
  /** What the binary calls itself: behind `redis-server` there may be Valkey. */
  readonly product: RedisProduct;
  /** As the binary says it: `7.0.15`. */
  readonly version: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/** All that can be started here, Redis before Valkey. May fetch Debian's package, which takes seconds, once. */
export function availableRedis(): readonly AvailableRedis[] {
  return search().found;
}

/**
 * The one of this product; without, the first there is.
 * Throws if there is none, with what was tried.
 */
export function chooseRedis(product?: RedisProduct): AvailableRedis {
  const { found, refused } = search();
  const chosen = found.find((each) => product === undefined || each.product === product);
  if (chosen !== undefined) return chosen;
  const present = found.map((each) => `There is ${each.product} ${each.version} in ${each.file}`);
  const sentences = [`No ${product ?? "Redis"} to start`, `Put ${binaryOf(product)} on PATH`, ...present, ...refused];
  throw new Error(sentences.map((sentence) => `${sentence}.`).join(" "));
}

interface Search {
  readonly found: readonly AvailableRedis[];
  /** What looked like a server and is none, and why. */
  readonly refused: readonly string[];
}

const BINARIES = ["redis-server", "valkey-server"] as const;

function search(): Search {
  const answers = onPath().map((file) => ask(file, {}));
  const found = firstOfEach(answers.filter((answer) => typeof answer !== "string"));
  const refused = answers.filter((answer) => typeof answer === "string");
  if (found.length > 0) return { found, refused };
  const packaged = fromDebian();
  return typeof packaged === "string" ? { found, refused: [...refused, packaged] } : { found: [packaged], refused };
}

function onPath(): readonly string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return BINARIES.flatMap((name) => folders.map((folder) => join(folder, name))).filter((file) => existsSync(file));
}

function firstOfEach(found: readonly AvailableRedis[]): readonly AvailableRedis[] {
  const products: readonly RedisProduct[] = ["Redis", "Valkey"];
  return products.flatMap((product) => found.find((each) => each.product === product) ?? []);
}

/** Asked once in this process: without a network apt takes its time to say so. */
let packaged: AvailableRedis | string | undefined;

function fromDebian(): AvailableRedis | string {
  packaged ??= fetched();
  return packaged;
}

function fetched(): AvailableRedis | string {
  try {
    const folder = unpackedDebian("redis-server");
    return ask(join(folder, "usr/bin/redis-server"), { LD_LIBRARY_PATH: libraryFolders(folder).join(delimiter) });
  } catch (error) {
    return `Debian's package redis-server cannot be had: ${error instanceof Error ? error.message.trim() : error}`;
  }
}

/** What the file is, or why it cannot be used. */
function ask(file: string, env: Readonly<Record<string, string>>): AvailableRedis | string {
  const said = askVersion(file, /^(Redis|Valkey) server v=([\w.]+)/, { ...process.env, ...env });
  if (typeof said === "string") return said;
  return { product: said[1] === "Valkey" ? "Valkey" : "Redis", version: said[2] ?? "", file, env };
}

function binaryOf(product: RedisProduct = "Redis"): string {
  return product === "Redis" ? BINARIES[0] : BINARIES[1];
}
