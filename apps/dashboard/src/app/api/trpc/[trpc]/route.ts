import { DEFAULTS } from "@jobyard/core";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { tooLong, withBoundedBody } from "@/server/bounded-body";
import { createContext } from "@/server/context";
import { logUnknown } from "@/server/failure";
import { appRouter } from "@/server/root";
import { theRuntime } from "@/server/runtime";
import { crossSiteFault } from "@/server/same-site";

export const dynamic = "force-dynamic";

/** A payload, written as a JSON string, and a little around it. Next must let it through: see next.config.ts. */
const MAX_BODY_BYTES = 2 * DEFAULTS.maxPayloadBytesLimit + 65_536;
const MAX_BATCH = 20;

async function handler(request: Request): Promise<Response> {
  const fault = crossSiteFault(request, theRuntime().settings.origin);
  if (fault !== null) return new Response(fault, { status: 403 });
  const bounded = await withBoundedBody(request, MAX_BODY_BYTES);
  if (bounded === null) return tooLong();
  const response = await fetchRequestHandler({
    endpoint: "/api/trpc",
    maxBatchSize: MAX_BATCH,
    req: bounded,
    router: appRouter,
    createContext: () => createContext(request.headers),
    onError: ({ error, path }) => logUnknown(error, path ?? "unknown procedure"),
  });
  // Streams say for themselves that they must be neither kept nor changed.
  if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
  return response;
}

export { handler as GET, handler as POST };
