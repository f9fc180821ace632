import "server-only";

/** Queues: how they stand, and their one switch. */

import * as z from "zod";
import { backendInput, boardOf, queueInput } from "@/server/backend-input";
import { procedure, router } from "@/server/trpc";

const FACETS = 50;

export const queuesRouter = router({
  list: procedure("job.read")
    .input(backendInput)
    .query(({ ctx, input }) => ctx.runtime.shared("queues", () => boardOf(ctx, input).queues())),

  one: procedure("job.read")
    .input(queueInput)
    .query(({ ctx, input }) => {
      const board = boardOf(ctx, input);
      return ctx.runtime.shared(`queue ${input.queue}`, async () => {
        const [queue, types] = await Promise.all([
          board.queue(input.queue),
          board.facets([{ not: false, field: "queue", any: [{ text: input.queue, glob: false }] }], "name", FACETS),
        ]);
        return { queue, types };
      });
    }),

  pause: procedure("queue.pause")
    .input(queueInput.extend({ reason: z.string().trim().max(200).optional() }))
    .mutation(async ({ ctx, input }) => {
      const changed = await boardOf(ctx, input).pause(input.queue, {
        actor: ctx.user.name,
        ...(input.reason ? { reason: input.reason } : {}),
      });
      ctx.runtime.hub.touch([input.queue]);
      return { changed };
    }),

  resume: procedure("queue.pause")
    .input(queueInput)
    .mutation(async ({ ctx, input }) => {
      const changed = await boardOf(ctx, input).resume(input.queue, { actor: ctx.user.name });
      ctx.runtime.hub.touch([input.queue]);
      return { changed };
    }),
});
