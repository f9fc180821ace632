/** Login and logout: the two calls that need no session. Everything else is a tRPC procedure. */

import { tooLong, withBoundedBody } from "@/server/bounded-body";
import { failureOf, httpStatusOf, logUnknown } from "@/server/failure";
import { login, logout } from "@/server/login";
import { theRuntime } from "@/server/runtime";
import { crossSiteFault } from "@/server/same-site";

export const dynamic = "force-dynamic";

const MAX_BODY_BYTES = 4_096;
const ACTIONS = { login, logout } as const;

export async function POST(request: Request, { params }: RouteContext<"/api/auth/[action]">): Promise<Response> {
  const runtime = theRuntime();
  const { action } = await params;
  if (action !== "login" && action !== "logout") return new Response("Not found.", { status: 404 });
  const fault = crossSiteFault(request, runtime.settings.origin);
  if (fault !== null) return new Response(fault, { status: 403 });
  const bounded = await withBoundedBody(request, MAX_BODY_BYTES);
  if (bounded === null) return tooLong();
  try {
    const cookie = await ACTIONS[action](bounded, runtime);
    return Response.json({ ok: true }, { headers: { "set-cookie": cookie, "cache-control": "no-store" } });
  } catch (error) {
    return refusal(error, action);
  }
}

function refusal(error: unknown, action: string): Response {
  logUnknown(error, action);
  const failure = failureOf(error);
  const status = failure.code === "INTERNAL" ? 500 : httpStatusOf(failure.code);
  const retry = failure.retryAfterMs === null ? {} : { "retry-after": String(Math.ceil(failure.retryAfterMs / 1_000)) };
  return Response.json({ ok: false, failure }, { status, headers: { ...retry, "cache-control": "no-store" } });
}
