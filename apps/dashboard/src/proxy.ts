/**
 * The headers of every answer that is not a static file: what a page may load, and that nobody may keep it.
 *
 * No access is decided here. That is done where the data is: in each procedure and route.
 */

import { type NextRequest, NextResponse } from "next/server";

const development = process.env.NODE_ENV === "development";

export function proxy(request: NextRequest): NextResponse {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  // Next reads the nonce from here for its own scripts; the layout reads the path for the way back after a login.
  headers.set("content-security-policy", policy);
  headers.set("x-jobyard-path", request.nextUrl.pathname + request.nextUrl.search);
  const response = isDecodable(request.nextUrl.pathname)
    ? NextResponse.next({ request: { headers } })
    : new NextResponse("The address is not valid.", { status: 400 });
  response.headers.set("content-security-policy", policy);
  if (!request.nextUrl.pathname.startsWith("/api/")) response.headers.set("cache-control", "no-store");
  if (process.env["JOBYARD_DASHBOARD_ORIGIN"]?.startsWith("https:"))
    response.headers.set("strict-transport-security", "max-age=31536000; includeSubDomains");
  return response;
}

/** False for escapes that are no UTF-8: Next would fail on them with 500. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

export const config = { matcher: "/((?!_next/static/|icon\\.svg$).*)" };

/** In development React and the hot reload need eval and a socket. */
const contentSecurityPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' ${development ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "style-src-attr 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${development ? " ws:" : ""}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join("; ");
