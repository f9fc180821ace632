import "server-only";

/** The session's cookie. `__Host-` (this host only, https only) wherever there is TLS. */

import { LONGEST_MS } from "./session";

type Transport = { readonly https: boolean };

const nameOf = ({ https }: Transport): string => (https ? "__Host-jobyard" : "jobyard-session");

export function readSessionCookie(headers: Headers, transport: Transport): string | undefined {
  const name = nameOf(transport);
  for (const part of (headers.get("cookie") ?? "").split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name && value) return value;
  }
  return undefined;
}

/** Lax, not strict: a link to a job from a chat must find the reader logged in; changes are guarded apart (same-site.ts). */
export const sessionCookie = (token: string, transport: Transport): string =>
  write(transport, token, Math.floor(LONGEST_MS / 1_000));

export const noSessionCookie = (transport: Transport): string => write(transport, "", 0);

const write = (transport: Transport, value: string, maxAgeSeconds: number): string =>
  `${nameOf(transport)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${transport.https ? "; Secure" : ""}`;
