/** What the adapter of a server makes of an error: the code, whether to try again, and what to do about it. */

import type { ErrorCode } from "../nouns/errors.ts";
import type { Remedy } from "./patience.ts";

export interface StoreFault {
  readonly code: ErrorCode;
  readonly remedy: Remedy;
  /** What to do; the server's own words go before it. */
  readonly advice: string;
}

export const unavailable = (remedy: Remedy, advice: string): StoreFault => ({
  code: "STORE_UNAVAILABLE",
  remedy,
  advice,
});

/** What to do when the network fails, by the code of Node's own errors. */
export const NETWORK_ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nobody listens there: start the server, or correct host and port",
  ENOTFOUND: "There is no host of this name",
  EAI_AGAIN: "The name of the host could not be looked up just now",
  ENOENT: "There is no such socket: start the server, or correct the path",
  EACCES: "This user may not use the socket",
  ETIMEDOUT: "The host does not answer",
  EHOSTUNREACH: "There is no way to the host",
  ENETUNREACH: "There is no way to the host's network",
  ECONNRESET: "The connection was broken off",
  ECONNABORTED: "The connection was broken off",
  EPIPE: "The connection was broken off",
};
