/**
 * Every error of the server, the driver and the network as one of ours: what happened, and what to do about it.
 *
 * A password appears in none of them: the driver's own messages have none, and the place is told without user.
 */

import {
  isQueueError,
  NETWORK_ADVICE,
  QueueError,
  type Remedy,
  type StoreFault,
  unavailable,
} from "@jobyard/core/adapter";

/** By SQLSTATE, or its first two characters. */
const STATES: Readonly<Record<string, StoreFault>> = {
  "28P01": unavailable("none", "Check the role and the password in the URL"),
  "28": unavailable("none", "Check role, database and host against the server's pg_hba.conf"),
  "3D000": unavailable("none", "Create the database, or correct its name in the URL"),
  "42501": unavailable("none", "Grant this role what it lacks"),
  "25006": unavailable("none", "The server takes no writes: it is a standby, or default_transaction_read_only is on"),
  "53300": unavailable(
    "passing",
    "The server has no connection left: make the pools smaller, or raise max_connections",
  ),
  "53100": { code: "STORE_FULL", remedy: "none", advice: "The server's disk is full" },
  "53": unavailable("none", "The server has run out of something"),
  "57P01": unavailable("reconnect", "The server was told to end this connection"),
  "57P02": unavailable("reconnect", "The server ended after a crash of one of its processes"),
  "57P03": unavailable("passing", "The server is starting up or shutting down"),
  "57P04": unavailable("none", "The database was dropped"),
  "57P05": unavailable("reconnect", "The server ended the connection because it was idle"),
  "25P03": unavailable("reconnect", "The server ended the connection because its transaction was idle"),
  "57014": {
    code: "STORE_BUSY",
    remedy: "none",
    advice: "A statement was cancelled; if that was by statement_timeout, raise it for this role",
  },
  "55P03": { code: "STORE_BUSY", remedy: "contention", advice: "A lock was held longer than lock_timeout" },
  "40": { code: "STORE_BUSY", remedy: "contention", advice: "Other transactions were in the way again and again" },
  "08": unavailable("reconnect", "The connection failed"),
  "58": unavailable("none", "The server's disk or system fails; see its log"),
  XX001: { code: "STORE_CORRUPT", remedy: "none", advice: "The server found damaged data" },
  XX002: { code: "STORE_CORRUPT", remedy: "none", advice: "The server found a damaged index; REINDEX may mend it" },
};
const FATAL: StoreFault = unavailable("none", "The server refused the connection");

/**
 * What to throw instead of `error`. Faults of our own making (a constraint, wrong SQL) stay as they are: hiding them
 * behind a code would tell people to look at a server that has nothing.
 *
 * @param place - host, port and database, for the message
 */
export function faultOf(error: unknown, place: string): unknown {
  if (isQueueError(error)) return error;
  const fault = findFault(error);
  if (fault === null) return error;
  return new QueueError(fault.code, `${place}: ${wordsOf(error)}. ${fault.advice}`, { cause: error });
}

/** `none` for what is no fault of server or network. */
export const remedyFor = (error: unknown): Remedy => findFault(error)?.remedy ?? "none";

/** A driver's error without a code: the connection is gone, or was never there. */
export class ConnectionLost extends Error {
  override readonly name: string = "ConnectionLost";
}

function findFault(error: unknown): StoreFault | null {
  if (error instanceof ConnectionLost) return unavailable("reconnect", "See whether server and network are well");
  const state = sqlState(error);
  if (state !== null) {
    const known = STATES[state] ?? STATES[state.slice(0, 2)];
    return known ?? (isFatal(error) ? FATAL : null);
  }
  const advice = NETWORK_ADVICE[stringIn(error, "code") ?? ""];
  return advice === undefined ? null : unavailable("reconnect", advice);
}

/**
 * The server's own code, also from within the errors of other libraries, whose own codes may look the same: the
 * innermost one counts. Null if the server said nothing.
 */
export function sqlState(error: unknown, depth = 0): string | null {
  if (!isObject(error) || depth > DEEPEST) return null;
  for (const holder of HOLDERS) {
    const inner = sqlState(error[holder], depth + 1);
    if (inner !== null) return inner;
  }
  const code = error["originalCode"] ?? error["code"];
  // Node's EPIPE and EPERM have five letters too, and no digit.
  return typeof code === "string" && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** Where Drizzle, Kysely, Prisma and others keep what the driver threw. */
const HOLDERS = ["cause", "meta", "driverAdapterError"] as const;
const DEEPEST = 5;

/** The server ended the connection with it. */
export const isFatal = (error: unknown): boolean => /^(?:FATAL|PANIC)$/.test(stringIn(error, "severity") ?? "");

/** An error of several attempts (IPv4 and IPv6) has no words of its own. */
function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const own = words === "" && error instanceof AggregateError ? (error.errors[0] as unknown) : null;
  return (own instanceof Error ? own.message : words).replace(/[.\s]+$/, "");
}

const stringIn = (error: unknown, field: string): string | null => {
  const value = isObject(error) ? error[field] : null;
  return typeof value === "string" ? value : null;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
