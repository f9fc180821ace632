import "server-only";

/** What a procedure knows of its caller. */

import { readSessionCookie } from "./cookies";
import { forwardedBy, peerOf } from "./peer";
import { type Permission, permissionsOf, type Role } from "./permissions";
import { type Runtime, theRuntime } from "./runtime";
import { isLoopback } from "./settings";

export interface User {
  readonly name: string;
  readonly role: Role;
  readonly permissions: readonly Permission[];
}

export interface Context {
  readonly runtime: Runtime;
  /** Asks the store, every time: a session can end while a stream is open. `null`: nobody is logged in. */
  readonly whoIs: () => Promise<User | null>;
}

export function createContext(headers: Headers, runtime: Runtime = theRuntime()): Context {
  return { runtime, whoIs: () => whoIs(headers, runtime) };
}

async function whoIs(headers: Headers, runtime: Runtime): Promise<User | null> {
  const { settings, sessions, accounts } = runtime;
  if (settings.access.mode === "open") return isLocal(headers, settings.trustProxy) ? userOf("local", "admin") : null;
  const token = readSessionCookie(headers, settings);
  const session = token === undefined ? null : await sessions.read(token);
  const account = session && accounts.find(session.user);
  return account && account.stamp === session.stamp ? userOf(account.name, account.role) : null;
}

/**
 * Besides the connection, the name that was asked for must be this machine's, for a page elsewhere may point its own
 * name here; and so must be whoever a proxy names, for one on this machine may serve the whole network.
 */
export const isLocal = (headers: Headers, trustProxy: boolean): boolean =>
  [peerOf(headers, trustProxy), (headers.get("host") ?? "").replace(/:\d+$/, ""), ...forwardedBy(headers)].every(
    isLoopback,
  );

const userOf = (name: string, role: Role): User => ({ name, role, permissions: permissionsOf(role) });
