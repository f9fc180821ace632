import "server-only";

/**
 * The address at the other end of the connection, which no client can claim for itself.
 *
 * Next hands a route only headers, and `X-Forwarded-For` is whatever the client wrote. Node announces every
 * request before anybody handles it: there the true address is put into a header of ours.
 */

import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

const PEER_HEADER = "x-jobyard-peer";

export function stampPeers(): void {
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { readonly request: IncomingMessage };
    request.headers[PEER_HEADER] = request.socket.remoteAddress ?? "";
    // Internal to Next, and once a way around its middleware (CVE-2025-29927).
    delete request.headers["x-middleware-subrequest"];
  });
}

/** Everybody that the request says to have come through: a client can add names, but not take away what a proxy added. */
export const forwardedBy = (headers: Headers): readonly string[] =>
  (headers.get("x-forwarded-for") ?? "").split(",").map(addressOf).filter(Boolean);

/** @param trustProxy - the last address that a proxy in front added counts */
export function peerOf(headers: Headers, trustProxy: boolean): string {
  const forwarded = trustProxy ? forwardedBy(headers).at(-1) : undefined;
  return forwarded ?? addressOf(headers.get(PEER_HEADER) ?? "");
}

/** IPv4 in its own form, also where it came over an IPv6 socket. */
const addressOf = (text: string): string => text.trim().replace(/^::ffff:/i, "");
