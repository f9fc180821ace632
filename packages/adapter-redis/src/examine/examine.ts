/** Everything that a person should know about the server and our part of it, one diagnosis per question. */

import type { Diagnosis } from "@jobyard/core/adapter";
import { checkDurability, checkPauses, checkPersistence } from "./durability.ts";
import { type Check, type Examination, informed, look } from "./examination.ts";
import { checkBullMQ, checkFleet, checkHearing } from "./fleet.ts";
import { checkClock, checkDangling } from "./jobs.ts";
import { checkClients, checkMemory } from "./room.ts";
import { checkEvictions, checkPolicy, checkPrefix, checkRole, checkVersion } from "./server.ts";

const CHECKS: Readonly<Record<string, Check>> = {
  REDIS_VERSION: informed(checkVersion),
  REDIS_ROLE: informed(checkRole),
  REDIS_PREFIX: informed(checkPrefix),
  REDIS_DURABILITY: informed(checkDurability),
  REDIS_PERSISTENCE: informed(checkPersistence),
  REDIS_POLICY: informed(checkPolicy),
  REDIS_EVICTIONS: informed(checkEvictions),
  REDIS_MEMORY: informed(checkMemory),
  REDIS_CLIENTS: informed(checkClients),
  REDIS_PAUSES: informed(checkPauses),
  REDIS_HEARING: checkHearing,
  REDIS_BULLMQ: (sight) => checkBullMQ(sight),
  REDIS_FLEET: checkFleet,
  REDIS_CLOCK: checkClock,
  REDIS_DANGLING: checkDangling,
};

/** @throws what {@link look} throws: the server does not answer any more */
export async function examine(examination: Examination): Promise<readonly Diagnosis[]> {
  const told: Diagnosis[] = [];
  for (const [code, check] of Object.entries(CHECKS)) told.push(await look(code, check, examination));
  return told;
}
