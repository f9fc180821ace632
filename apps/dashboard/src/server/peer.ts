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

/** @param trustProxy - the last address that a proxy in front added counts */
export function peerOf(headers: Headers, trustProxy: boolean): string {
  const forwarded = trustProxy ? headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  return forwarded || (headers.get(PEER_HEADER) ?? "").replace(/^::ffff:/, "");
}
