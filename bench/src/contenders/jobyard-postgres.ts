/** Jobyard on Postgres. */

import { postgresAdapter } from "@jobyard/adapter-postgres";
import type { Queue } from "../contender.ts";
import { queueOn } from "./jobyard.ts";
import { counterOn } from "./postgres-counter.ts";

export async function open(url: string): Promise<Queue> {
  const counter = await counterOn(url);
  const adapter = postgresAdapter({ url });
  await adapter.schema.migrate();
  return queueOn(adapter, {
    completed: () => counter.count("SELECT count(*) AS n FROM jobyard.job WHERE state = 'completed'"),
    close: counter.close,
  });
}
