/** Everything that a person should know about the server and our part of it, one diagnosis per question. */

import type { Diagnosis } from "@jobyard/core/adapter";
import { type Check, type Examination, look } from "./examination.ts";
import { checkAutovacuum, checkBloat, checkDeadRows } from "./room.ts";
import { checkDurability, checkEncoding, checkReadOnly, checkTransactionIds, checkVersion } from "./server.ts";
import { checkConnections, checkPooler, checkSlots, checkSnapshots } from "./sessions.ts";
import { checkClock, checkPayloadIndex, checkRights, checkSchema, checkTables } from "./tables.ts";

type Checks = Readonly<Record<string, Check>>;

const ALWAYS: Checks = {
  POSTGRES_SCHEMA: checkSchema,
  POSTGRES_RIGHTS: checkRights,
  POSTGRES_VERSION: checkVersion,
  POSTGRES_ENCODING: checkEncoding,
  POSTGRES_READ_ONLY: checkReadOnly,
  POSTGRES_DURABILITY: checkDurability,
  POSTGRES_CONNECTIONS: checkConnections,
  POSTGRES_POOLER: checkPooler,
  POSTGRES_SNAPSHOTS: (sight) => checkSnapshots(sight),
  POSTGRES_SLOTS: (sight) => checkSlots(sight),
  POSTGRES_TRANSACTION_IDS: checkTransactionIds,
};
const ON_OUR_TABLES: Checks = {
  POSTGRES_TABLES: checkTables,
  POSTGRES_PAYLOAD_INDEX: checkPayloadIndex,
  POSTGRES_CLOCK: checkClock,
  POSTGRES_AUTOVACUUM: checkAutovacuum,
  POSTGRES_DEAD_ROWS: checkDeadRows,
  POSTGRES_BLOAT: checkBloat,
};

/** @throws what {@link look} throws: the server does not answer any more */
export async function examine(examination: Examination): Promise<readonly Diagnosis[]> {
  const found = await look("POSTGRES_SCHEMA", checkSchema, examination);
  const checks = { ...ALWAYS, ...(found.level === "ok" && ON_OUR_TABLES) };
  const told: Diagnosis[] = [];
  for (const [code, check] of Object.entries(checks)) told.push(await look(code, check, examination));
  return told;
}
