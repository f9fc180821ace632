import "server-only";

/** All procedures, one router per feature. */

import { jobsRouter } from "@/features/jobs/router";
import { liveRouter } from "@/features/live/router";
import { operationsRouter } from "@/features/operations/router";
import { overviewRouter } from "@/features/overview/router";
import { queuesRouter } from "@/features/queues/router";
import { searchRouter } from "@/features/search/router";
import { sessionRouter } from "@/features/session/router";
import { workersRouter } from "@/features/workers/router";
import { router } from "./trpc";

export const appRouter = router({
  session: sessionRouter,
  overview: overviewRouter,
  queues: queuesRouter,
  jobs: jobsRouter,
  workers: workersRouter,
  search: searchRouter,
  operations: operationsRouter,
  live: liveRouter,
});

export type AppRouter = typeof appRouter;
