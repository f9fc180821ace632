import "server-only";

/** The front page: everything at a glance, read together. */

import { backendInput, boardOf } from "@/server/backend-input";
import { procedure, router } from "@/server/trpc";
import { attentionOf } from "./attention";

export const overviewRouter = router({
  glance: procedure("job.read")
    .input(backendInput)
    .query(({ ctx, input }) => {
      const board = boardOf(ctx, input);
      return ctx.runtime.shared("glance", async () => {
        const [queues, workers, now] = await Promise.all([board.queues(), board.workers(), board.now()]);
        return { queues, workers, attention: attentionOf(queues, workers, now) };
      });
    }),
});
