/** The stores that can be measured. Another one is another row. */

import type { Backend } from "./backend.ts";
import { postgres } from "./backends/postgres.ts";
import { redis } from "./backends/redis.ts";
import { sqlite } from "./backends/sqlite.ts";
import type { Contender } from "./contender.ts";
import { UsageError } from "./usage-error.ts";

const BACKENDS: readonly Backend[] = [sqlite, postgres, redis];

/** @throws UsageError */
export function backendNamed(name: string): Backend {
  const found = BACKENDS.find((backend) => backend.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`there is no backend ${name}. There are: ${BACKENDS.map((one) => one.name).join(", ")}.`);
}

/** @throws UsageError */
export function contenderNamed({ contenders }: Backend, name: string): Contender {
  const found = contenders.find((contender) => contender.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`there is no contender ${name}. There are: ${contenders.map((one) => one.name).join(", ")}.`);
}
