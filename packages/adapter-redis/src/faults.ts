/**
 * Every error of the server, the driver and the network as one of ours: what happened, and what to do about it.
 *
 * The driver keeps the arguments of a command on its error, passwords and payloads among them: they are taken off
 * before anybody sees it.
 */

import {
  isQueueError,
  NETWORK_ADVICE,
  QueueError,
  type Remedy,
  type StoreFault,
  unavailable,
} from "@jobyard/core/adapter";

const FORBIDDEN = unavailable(
  "none",
  "Grant this user what it lacks by ACL SETUSER: docs/redis.md lists all that Jobyard needs",
);
const CREDENTIALS = unavailable("none", "Check user and password in the URL");

/** By the first word of a refusal. A server that refuses has changed nothing, within a script too. */
const REFUSALS: Readonly<Record<string, StoreFault>> = {
  WRONGPASS: CREDENTIALS,
  NOAUTH: CREDENTIALS,
  NOPERM: FORBIDDEN,
  OOM: {
    code: "STORE_FULL",
    remedy: "none",
    advice: "The server's memory is full: raise maxmemory, or keep fewer finished jobs",
  },
  MISCONF: unavailable(
    "none",
    "The server cannot write its data to disk and takes no writes until it can: see its log, and the room on its disk",
  ),
  READONLY: unavailable("reconnect", "The server is a replica, which takes no writes"),
  MASTERDOWN: unavailable("reconnect", "The server is a replica that has lost its primary"),
  NOREPLICAS: unavailable("none", "The server has fewer replicas than min-replicas-to-write asks for"),
  LOADING: unavailable("passing", "The server is starting and reads its data"),
  CLUSTERDOWN: unavailable("passing", "The cluster has lost some of its slots"),
  TRYAGAIN: { code: "STORE_BUSY", remedy: "passing", advice: "The cluster is moving this yard to another node" },
  MOVED: unavailable("none", "The server is a node of a cluster: write redis+cluster:// with a prefix such as {bull}"),
  BUSY: { code: "STORE_BUSY", remedy: "passing", advice: "Somebody's script runs for long; SCRIPT KILL may end it" },
  WRONGTYPE: {
    code: "STORE_CORRUPT",
    remedy: "none",
    advice: "Another program keeps something else under a key of ours: choose another prefix",
  },
};

/** By words in a refusal that has no word of its own (`ERR …`), or in an error of the driver. */
const WORDS: readonly (readonly [RegExp, StoreFault])[] = [
  [
    /invalid password|without any password configured|no password is set|wrong number of arguments for 'auth'/i,
    CREDENTIALS,
  ],
  // Of a command within a script.
  [/^ERR The user executing the script|^ACL failure in script/i, FORBIDDEN],
  [/DB index is out of range/i, unavailable("none", "Correct the database in the URL, or raise `databases` there")],
  [/SELECT is not allowed in cluster mode/i, unavailable("none", "A cluster has database 0 only")],
  [
    /max number of clients reached/i,
    unavailable("passing", "The server has no connection left: raise maxclients, or end programs that hold some"),
  ],
  [
    /Failed to refresh slots cache|None of startup nodes is available/i,
    unavailable("none", "No node of the cluster answers as one"),
  ],
  [/All sentinels are unreachable/i, unavailable("none", "No sentinel knows where the primary is")],
  [/Too many Cluster redirections/i, unavailable("passing", "The cluster does not agree where this yard is")],
  [/Protocol error, got/i, unavailable("none", "That is no Redis, or it wants TLS: write rediss://")],
  [
    /wrong version number|packet length too long|record layer failure/i,
    unavailable("none", "The server speaks no TLS: write redis://"),
  ],
];

const CERTIFICATE = "Trust the server's certificate by ca=<file> or NODE_EXTRA_CA_CERTS, or give it another one";

/** By the code of Node's own errors. */
const NETWORK: Readonly<Record<string, string>> = {
  ...NETWORK_ADVICE,
  ENETUNREACH: "There is no way to the host",
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  CERT_HAS_EXPIRED: "Renew the server's certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: "Name the host as its certificate does, or give it another certificate",
};

/** Nothing was sent, because the connection was gone a moment before. */
const UNSENT = /^(?:Stream isn't writeable|Cluster isn't ready)/;
/** The driver gave a command up: whether the server got it nobody knows. */
const GIVEN_UP =
  /^(?:Connection is closed|Reached the max retries|Command aborted|Cluster is ended|Socket (?:closed|timeout)|Command timed out)/;

/** The connection is gone, or does not answer. */
export class ConnectionLost extends Error {
  override readonly name: string = "ConnectionLost";
}

/** It answers, and reads its data. */
export class ServerLoading extends Error {
  override readonly name: string = "ServerLoading";

  constructor() {
    super("LOADING the server reads its data");
  }
}

/**
 * What to throw instead of `error`. Faults of our own making (a script that fails, a wrong argument) stay as they are:
 * hiding them behind a code would tell people to look at a server that has nothing.
 *
 * @param place - host, port and database, for the message
 */
export function faultOf(error: unknown, place: string): unknown {
  if (isQueueError(error)) return error;
  const fault = findFault(withoutArguments(error));
  if (fault === null) return error;
  return new QueueError(fault.code, `${place}: ${wordsOf(error)}. ${fault.advice}`, { cause: error });
}

/** `none` for what is no fault of server or network. */
export const remedyFor = (error: unknown): Remedy => findFault(error)?.remedy ?? "none";

/** True if nothing of the command was kept: the server refused it, or it was never sent. */
export const isUndone = (error: unknown): boolean => isUnsent(error) || REFUSALS[refusalOf(error) ?? ""] !== undefined;

/** The driver had no connection to send it on. */
export const isUnsent = (error: unknown): boolean => UNSENT.test(messageOf(error));

/** The first word of what the server refused with, also from within a script; null if it was not the server. */
export function refusalOf(error: unknown): string | null {
  if (!isReply(error)) return null;
  const message = messageOf(error);
  // Before Redis 7 a script's error is wrapped: `ERR Error running script …: @user_script: 1: -OOM command …`.
  const [, inner] = /@user_script:\s*\d+:\s*-?([A-Z]{3,})\b(?!.*@user_script:\s*\d+:)/s.exec(message) ?? [];
  return inner ?? /^-?([A-Z]+)\b/.exec(message)?.[1] ?? null;
}

/** By name: two copies of the package have two classes. */
const isReply = (error: unknown): boolean =>
  error instanceof ServerLoading || (error instanceof Error && error.name === "ReplyError");

function findFault(error: unknown): StoreFault | null {
  const refused = REFUSALS[refusalOf(innerOf(error) ?? error) ?? ""];
  if (refused !== undefined) return refused;
  const message = messageOf(error);
  const worded = WORDS.find(([pattern]) => pattern.test(message));
  if (worded !== undefined) return worded[1];
  if (error instanceof ConnectionLost || isUnsent(error) || GIVEN_UP.test(message))
    return unavailable("reconnect", "See whether server and network are well");
  const advice = NETWORK[codeOf(error) ?? ""];
  return advice === undefined ? null : unavailable("reconnect", advice);
}

/** An error of several attempts (IPv4 and IPv6) has no words of its own, and the driver's speak of its own options. */
function wordsOf(error: unknown): string {
  const message = messageOf(error);
  if (isUnsent(error)) return "the connection was lost";
  if (GIVEN_UP.test(message)) return "the connection was lost before the answer came";
  const script = / script: [0-9a-f]{40}, on @user_script:\d+\.?$/;
  const inner = innerOf(error);
  const more = inner === null || GIVEN_UP.test(messageOf(inner)) ? "" : ` (${messageOf(inner)})`;
  return `${message.replace(script, "").replace(/[.\s]+$/, "")}${more}`;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** What the last node of a cluster said. */
function innerOf(error: unknown): Error | null {
  const { lastNodeError } = Object(error) as { readonly lastNodeError?: unknown };
  return lastNodeError instanceof Error ? lastNodeError : null;
}

function codeOf(error: unknown): string | null {
  const { code } = Object(error instanceof AggregateError && error.message === "" ? error.errors[0] : error) as {
    readonly code?: unknown;
  };
  return typeof code === "string" ? code : null;
}

/** The same error; the name of the command stays. */
export function withoutArguments(error: unknown): unknown {
  for (const one of [error, innerOf(error)]) {
    const holder = Object(one) as { command?: unknown };
    if (typeof holder.command !== "object" || holder.command === null) continue;
    holder.command = { name: (holder.command as { readonly name?: unknown }).name };
  }
  return error;
}
