#!/usr/bin/env node
/**
 * `jobyard-dashboard`: checks where to listen, then hands over to Next's server.
 *
 * Runs from dist/, where scripts/pack.mjs puts it beside that server. All other settings are checked by the server
 * itself, before its first answer (src/server/start.ts).
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isQueueError, QueueError } from "@jobyard/core";
import { addressFault, readAddress } from "./address.mjs";

const DEFAULT_URL = "sqlite:./jobyard.db";
const HELP = `Usage: jobyard-dashboard [--help] [--version] [--hash-password]

The Jobyard dashboard: watch queues and jobs in the browser, and requeue what failed.

  JOBYARD_URL                  the database of your workers (${DEFAULT_URL})
  HOST, PORT                   where to listen (127.0.0.1, 3000)
  JOBYARD_DASHBOARD_PASSWORD   the password to log in with
  JOBYARD_DASHBOARD_USERS      or accounts, name:role:password, separated by commas; instead of a password
                               the hash that --hash-password makes of the one it reads from standard input
  JOBYARD_DASHBOARD_OPEN=1     or no login at all: on this machine only

Example: JOBYARD_DASHBOARD_OPEN=1 JOBYARD_URL=sqlite:./jobyard.db jobyard-dashboard
`;

try {
  const { help, version, "hash-password": hashPassword } = readOptions();
  if (help) process.stdout.write(HELP);
  else if (version) process.stdout.write(`${readVersion()}\n`);
  else if (hashPassword) await import("./hash-password.mjs");
  else await serve(process.env);
} catch (error) {
  const known = isQueueError(error) ? error : new QueueError("INTERNAL", String(error), { cause: error });
  process.stderr.write(`error[${known.code}]: ${known.message}\n`);
  if (process.env.JOBYARD_DEBUG === "1") console.error(error);
  process.exitCode = ["USAGE", "CONFIG_INVALID"].includes(known.code) ? 2 : 1;
}

function readOptions() {
  const options = {
    help: { type: "boolean", short: "h" },
    version: { type: "boolean", short: "v" },
    "hash-password": { type: "boolean" },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new QueueError("USAGE", error.message, { cause: error });
  }
}

function readVersion() {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

async function serve(env) {
  const { host, port } = readAddress(env);
  const fault = await addressFault({ host, port });
  if (fault !== null) throw new QueueError(fault.code, fault.detail);
  env.PORT = port;
  env.HOST = host;
  env.HOSTNAME = host; // what Next listens on, and what many shells export
  const isUrl = (name) => /^JOBYARD_URL(_|$)/.test(name) && env[name];
  if (!Object.keys(env).some(isUrl)) env.JOBYARD_URL = DEFAULT_URL;
  for (const name of Object.keys(env).filter(isUrl)) env[name] = withFullPath(env[name]);
  await import(new URL("./server.js", import.meta.url).href);
}

/** The server changes directory, so a file must be named in full before that. In a URL three characters need an escape. */
function withFullPath(url) {
  const [, file, rest] = /^sqlite:(?!\/\/|:memory:)([^?#]+)(.*)$/is.exec(url) ?? [];
  if (file === undefined) return url;
  const folder = process.cwd().replace(/[%?#]/g, encodeURIComponent);
  return `sqlite:${resolve(folder, file)}${rest}`;
}
