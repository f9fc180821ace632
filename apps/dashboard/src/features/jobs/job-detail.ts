/** A job as its page gets it. */

import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@/server/root";

type Outputs = inferRouterOutputs<AppRouter>["jobs"];

export type JobDetail = Outputs["one"]["job"];
export type AttemptDetail = Outputs["one"]["attempts"][number];
export type FindingDetail = Outputs["one"]["findings"][number];
