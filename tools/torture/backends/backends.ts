/** Every backend that can be tormented, by the name that `--backend` takes. */

import type { Backend } from "./backend.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { sqlite } from "./sqlite.ts";

export const BACKENDS: ReadonlyMap<string, Backend> = new Map(
  [sqlite, postgres, redis].map((backend) => [backend.name, backend]),
);
