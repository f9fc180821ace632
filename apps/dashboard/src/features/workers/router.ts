import "server-only";

/** Workers as they registered themselves at their last heartbeat. */

import { backendInput, boardOf } from "@/server/backend-input";
import { procedure, router } from "@/server/trpc";

export const workersRouter = router({
  list: procedure("job.read")
    .input(backendInput)
    .query(({ ctx, input }) => ctx.runtime.shared("workers", () => boardOf(ctx, input).workers())),
});
