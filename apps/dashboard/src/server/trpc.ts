import "server-only";

/**
 * The only way to make a procedure: with the permission it needs.
 *
 * tRPC's own builder stays in this file, so a procedure without a check cannot be written.
 */

import { isQueueError, QueueError } from "@jobyard/core";
import { initTRPC } from "@trpc/server";
import type { Context, User } from "./context";
import { failureOf, trpcErrorOf } from "./failure";
import type { Permission } from "./permissions";

interface Meta {
  readonly permission: Permission;
}

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    errorFormatter: ({ shape, error }) => {
      const failure = failureOf(error);
      return {
        code: shape.code,
        message: failure.message,
        data: { code: shape.data.code, httpStatus: shape.data.httpStatus, failure },
      };
    },
    sse: {
      ping: { enabled: true, intervalMs: 15_000 },
      client: { reconnectAfterInactivityMs: 35_000 },
    },
  });

export const router: typeof t.router = t.router;
export const createCaller: typeof t.createCallerFactory = t.createCallerFactory;

/** The caller is logged in and has the permission before the input is even looked at. */
export const procedure = (permission: Permission) =>
  t.procedure.meta({ permission }).use(async ({ ctx, next }) => {
    const result = await next({ ctx: { user: allowed(await ctx.whoIs(), permission) } });
    if (!result.ok && isQueueError(result.error.cause)) throw trpcErrorOf(result.error.cause);
    return result;
  });

/** @throws TRPCError `UNAUTHORIZED` or `FORBIDDEN`, with our error as its cause */
export function allowed(user: User | null, permission: Permission): User {
  if (user === null) throw trpcErrorOf(new QueueError("LOGIN_REQUIRED", ""));
  if (!user.permissions.includes(permission))
    throw trpcErrorOf(new QueueError("FORBIDDEN", `The role ${user.role} has no ${permission}`));
  return user;
}
