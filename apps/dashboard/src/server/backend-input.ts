import "server-only";

/** The part of every input that says which backend is meant, and what it leads to. */

import { type Board, QueueError } from "@jobyard/core";
import * as z from "zod";
import type { Context } from "./context";

export const backendInput = z.object({ backend: z.string() });

/** The longest name is 128 code points, so 256 UTF-16 units. */
const name = z.string().min(1).max(256);
export const refInput = z.object({ queue: name, id: name });
export const queueInput = backendInput.extend({ queue: name });

/** @throws QueueError `BAD_OPTION` if no backend of this name is configured */
export function boardOf(ctx: Context, { backend }: { readonly backend: string }): Board {
  const known = ctx.runtime.backend;
  if (backend === known.name) return known.board;
  throw new QueueError("BAD_OPTION", `There is no backend ${backend}`, { field: "backend" });
}
