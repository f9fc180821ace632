import "server-only";

/**
 * The environment, read once and checked as a whole: all faults are reported together.
 *
 * Closed by default: without a password the dashboard does not start, unless it is told to be open, and
 * that is possible on loopback only.
 */

import { QueueError } from "@jobyard/core";
import { isHash } from "./passwords";
import { isRole, ROLES, type Role } from "./permissions";

export interface Account {
  readonly name: string;
  readonly role: Role;
  /** A password, or its scrypt hash. */
  readonly secret: string;
}

export type Access =
  | { readonly mode: "open" }
  /** `single`: one account, so the login asks for no name. */
  | { readonly mode: "password"; readonly accounts: readonly Account[]; readonly single: boolean };

export interface Settings {
  readonly backend: { readonly name: string; readonly url: string };
  readonly access: Access;
  /** Where browsers find the dashboard, if that was said: then only this origin may ask for changes. */
  readonly origin: string | null;
  /** Behind TLS: cookies are `__Host-` and Secure. */
  readonly https: boolean;
  /** Plain http beyond this machine, by an explicit wish: the pages carry a warning. */
  readonly insecure: boolean;
  /** The last `X-Forwarded-For` entry is the client's address. */
  readonly trustProxy: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws QueueError `CONFIG_INVALID` that lists every fault */
export function readSettings(env: Environment): Settings {
  const faults: string[] = [];
  const host = env["HOST"] || "127.0.0.1";
  const backend = readBackend(env, faults);
  const access = readAccess(env, host, faults);
  const origin = readOrigin(env, faults);
  const https = origin?.startsWith("https:") ?? false;
  const insecure = isOn(env, "JOBYARD_DASHBOARD_INSECURE_HTTP", faults);
  const trustProxy = isOn(env, "JOBYARD_DASHBOARD_TRUST_PROXY", faults);
  if (!isLoopback(host) && !https && !insecure && access.mode === "password")
    faults.push(
      `HOST=${host} would send passwords over plain http. Put a TLS proxy in front and set JOBYARD_DASHBOARD_ORIGIN=https://…, or set JOBYARD_DASHBOARD_INSECURE_HTTP=1 if the network is trusted.`,
    );
  if (faults.length > 0)
    throw new QueueError(
      "CONFIG_INVALID",
      `The dashboard cannot start:${faults.map((fault) => `\n  - ${fault}`).join("")}`,
    );
  return { backend, access, origin, https, insecure: insecure && !https && !isLoopback(host), trustProxy };
}

/** True for names and addresses that only this machine can reach. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|(.+\.)?localhost)$/i.test(host);

function readBackend(env: Environment, faults: string[]): Settings["backend"] {
  const found = Object.entries(env).flatMap(([key, url]) => {
    const name = /^JOBYARD_URL(?:_(\w+))?$/.exec(key);
    return name && url ? [{ name: name[1]?.toLowerCase() ?? "main", url }] : [];
  });
  const [first, second] = found;
  if (first === undefined)
    faults.push("JOBYARD_URL is not set. Set it to the database of your workers, as in sqlite:./jobyard.db.");
  if (second !== undefined)
    faults.push("Several JOBYARD_URL… are set, and this version shows one backend. Keep one of them.");
  return first ?? { name: "main", url: "" };
}

function readAccess(env: Environment, host: string, faults: string[]): Access {
  const open = isOn(env, "JOBYARD_DASHBOARD_OPEN", faults);
  const password = env["JOBYARD_DASHBOARD_PASSWORD"];
  const users = env["JOBYARD_DASHBOARD_USERS"];
  if (open) {
    if (password || users) faults.push("JOBYARD_DASHBOARD_OPEN=1 and a password are both set. Keep one of them.");
    if (!isLoopback(host))
      faults.push(
        `JOBYARD_DASHBOARD_OPEN=1 works on loopback only, and HOST is ${host}. Set a password, or HOST=127.0.0.1.`,
      );
    return { mode: "open" };
  }
  const accounts = [
    ...(password ? [{ name: "admin", role: "admin", secret: password } as const] : []),
    ...readUsers(users ?? "", faults),
  ];
  if (accounts.length === 0 && faults.length === 0)
    faults.push(
      "Nobody could log in. Set JOBYARD_DASHBOARD_PASSWORD, or JOBYARD_DASHBOARD_USERS=name:role:password,…, or JOBYARD_DASHBOARD_OPEN=1 on loopback.",
    );
  const names = accounts.map((account) => account.name);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index)))
    faults.push(`JOBYARD_DASHBOARD_USERS: the name ${name} is there twice. Give each account its own.`);
  return { mode: "password", accounts, single: !users && accounts.length === 1 };
}

/** `name:role:secret`, separated by commas or line breaks. A secret may hold colons, and commas only if it is a hash's text. */
function readUsers(text: string, faults: string[]): Account[] {
  const lines = text.split(/[,\n]/).map((line) => line.trim());
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    const [, name, role, secret] = /^([^:]{1,64}):([^:]+):(.+)$/.exec(line) ?? [];
    const where = `JOBYARD_DASHBOARD_USERS, entry ${index + 1}`;
    if (name === undefined || role === undefined || secret === undefined) {
      faults.push(`${where}: it must be name:role:password.`);
      return [];
    }
    if (!isRole(role)) {
      faults.push(`${where}: there is no role ${role}. Use ${Object.keys(ROLES).join(", ")}.`);
      return [];
    }
    if (secret.startsWith("scrypt$") && !isHash(secret)) {
      faults.push(`${where}: the hash is not complete. Make one with: npx @jobyard/dashboard --hash-password`);
      return [];
    }
    return [{ name, role, secret }];
  });
}

function readOrigin(env: Environment, faults: string[]): string | null {
  const text = env["JOBYARD_DASHBOARD_ORIGIN"];
  if (!text) return null;
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (/^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "") return url.origin;
  }
  faults.push("JOBYARD_DASHBOARD_ORIGIN must be an origin without a path, as in https://jobs.example.com.");
  return null;
}

function isOn(env: Environment, name: string, faults: string[]): boolean {
  const value = env[name];
  if (value && !["0", "1"].includes(value)) faults.push(`${name} must be 1, or not set.`);
  return value === "1";
}
