import "server-only";

/** Who I am and what I may do. Coming and going are routes of their own: app/api/auth. */

import { procedure, router } from "@/server/trpc";

export const sessionRouter = router({
  me: procedure("job.read").query(({ ctx }) => {
    const { settings, backend } = ctx.runtime;
    return {
      name: ctx.user.name,
      role: ctx.user.role,
      permissions: ctx.user.permissions,
      open: settings.access.mode === "open",
      insecure: settings.insecure,
      backend: { name: backend.name, kind: backend.kind },
    };
  }),
});
