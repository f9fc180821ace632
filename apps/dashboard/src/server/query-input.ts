import "server-only";

/** A search as it arrives: parsed once here, and refused where it would tell what the reader may not see. */

import { parseQuery, QueueError, systemPorts } from "@jobyard/core";
import type { Filter } from "@jobyard/core/adapter";
import * as z from "zod";
import { backendInput } from "./backend-input";
import type { User } from "./context";
import { trpcErrorOf } from "./failure";

export const searchInput = backendInput.extend({ q: z.string().max(4_000) });

/**
 * @throws QueueError `BAD_QUERY`; `FORBIDDEN` if it looks into payloads and the role may not: whether a search
 *   finds something is as good as reading it
 */
export function filterOf(q: string, user: User): Filter {
  const filter = parseQuery(q, systemPorts.now());
  const looksInside = filter.some((term) => term.field === "payload" || term.field === "result");
  if (looksInside && !user.permissions.includes("job.payload"))
    throw trpcErrorOf(
      new QueueError(
        "FORBIDDEN",
        `The role ${user.role} has no job.payload, so it cannot search in payloads and results`,
      ),
    );
  return filter;
}
