import "server-only";

/** Moves of everything that matches a search: looked at first, then run, watched and stopped. */

import { QueueError } from "@jobyard/core";
import * as z from "zod";
import { backendInput, boardOf } from "@/server/backend-input";
import { MOVE_PERMISSIONS, type OfferedMove } from "@/server/permissions";
import { filterOf, searchInput } from "@/server/query-input";
import { allowed, procedure, router } from "@/server/trpc";

const moveInput = z.enum(Object.keys(MOVE_PERMISSIONS) as [OfferedMove, ...OfferedMove[]]);
const idInput = backendInput.extend({ id: z.string().max(128) });

export const operationsRouter = router({
  /** Changes nothing. */
  preview: procedure("op.run")
    .input(searchInput)
    .query(({ ctx, input }) => boardOf(ctx, input).preview(filterOf(input.q, ctx.user))),

  start: procedure("op.run")
    .input(searchInput.extend({ move: moveInput, upTo: z.int(), expected: z.int().min(0) }))
    .mutation(({ ctx, input }) => {
      allowed(ctx.user, MOVE_PERMISSIONS[input.move]);
      const { move, upTo, expected } = input;
      const query = filterOf(input.q, ctx.user);
      return ctx.runtime.operations.start(boardOf(ctx, input), { move, query, upTo, expected, by: ctx.user.name });
    }),

  one: procedure("op.run")
    .input(idInput)
    .query(({ ctx, input }) => {
      const operation = ctx.runtime.operations.get(input.id);
      if (operation === null) throw new QueueError("BAD_OPTION", `There is no operation ${input.id}`, { field: "id" });
      return operation;
    }),

  abort: procedure("op.run")
    .input(idInput)
    .mutation(({ ctx, input }) => ({ aborted: ctx.runtime.operations.abort(input.id) })),
});
