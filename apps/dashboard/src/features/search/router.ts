import "server-only";

/** Real values for the search bar. */

import { FACET_FIELDS } from "@jobyard/core/adapter";
import * as z from "zod";
import { backendInput, boardOf } from "@/server/backend-input";
import { procedure, router } from "@/server/trpc";

const VALUES = 50;

export const searchRouter = router({
  /** The most frequent values of a field, to complete what is being typed. */
  values: procedure("job.read")
    .input(backendInput.extend({ field: z.enum(FACET_FIELDS) }))
    .query(({ ctx, input }) =>
      ctx.runtime.shared(`values ${input.field}`, async () => {
        const facets = await boardOf(ctx, input).facets([], input.field, VALUES);
        return facets.map(({ value }) => value);
      }),
    ),
});
