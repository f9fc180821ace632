import "server-only";

/** The stream of hints that keeps pages live. */

import { systemPorts } from "@jobyard/core";
import { tracked } from "@trpc/server";
import * as z from "zod";
import { procedure, router } from "@/server/trpc";

/** A session that ended meanwhile ends its streams within this time. */
const RECHECK_MS = 60_000;

export const liveRouter = router({
  hints: procedure("job.read")
    .input(z.object({ lastEventId: z.string().max(64).nullish() }).optional())
    .subscription(async function* ({ ctx, input, signal }) {
      const { hub, backend } = ctx.runtime;
      const ended = signal ?? new AbortController().signal;
      let checkedAt = systemPorts.monotonic();
      for await (const { id, queues } of hub.subscribe(ctx.user.name, input?.lastEventId ?? null, ended)) {
        if (systemPorts.monotonic() - checkedAt >= RECHECK_MS) {
          if ((await ctx.whoIs()) === null) return;
          checkedAt = systemPorts.monotonic();
        }
        yield tracked(id, { queues, now: await backend.board.now() });
      }
    }),
});
