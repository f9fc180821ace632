/** Alive, and the backend answers. Tells nothing else: it needs no login. */

import { theRuntime } from "@/server/runtime";

export const dynamic = "force-dynamic";

export async function GET(): Promise<Response> {
  try {
    await theRuntime().backend.board.now();
    return Response.json({ ok: true }, { headers: { "cache-control": "no-store" } });
  } catch {
    return Response.json({ ok: false }, { status: 503, headers: { "retry-after": "5", "cache-control": "no-store" } });
  }
}
