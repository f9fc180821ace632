/** Our schema: its version, what is in it, who may use it, and the times of what stands in it. */

import { type Diagnosis, diagnoseSchema } from "@jobyard/core/adapter";
import { schemaStatus } from "../migrate.ts";
import {
  missingRights,
  newestOfLast,
  type Relation,
  readRelations,
  readSchemaRights,
} from "../sql/examine-tables.sql.ts";
import { few, minutesText, named, type Sight } from "./examination.ts";
import { keyOf, type Made, madeByMigrations } from "./made.ts";

export async function checkSchema({ db, schema }: Sight): Promise<Diagnosis> {
  const missing = `There are no Jobyard tables in the schema ${schema}.`;
  const fix = "Run jobyard migrate, with a URL whose role may make tables there.";
  return diagnoseSchema("POSTGRES_SCHEMA", await schemaStatus(db, schema), { missing, fix }, { schema });
}

const isPayloadIndex = ({ kind, of, definition }: Relation): boolean =>
  kind === "index" && of === "job" && /\busing gin\b.*\bpayload\b/i.test(definition);

export async function checkTables({ db, schema }: Sight): Promise<Diagnosis> {
  const code = "POSTGRES_TABLES";
  const found = await db.all(readRelations, { schema });
  const wanted = madeByMigrations();
  const keys = new Set(found.map(keyOf));
  const missing = [...wanted].filter(([key]) => !keys.has(key)).map(([, one]) => one);
  const unfinished = found.filter(({ valid }) => !valid);
  const unlogged = found.filter((one) => one.unlogged);
  const foreign = found.filter(
    (one) => (one.kind === "index" || one.kind === "trigger") && !wanted.has(keyOf(one)) && !isPayloadIndex(one),
  );
  const evidence = {
    objects: found.length,
    missing: missing.length,
    unfinished: unfinished.length,
    unlogged: unlogged.length,
    foreign: foreign.length,
  };
  if (missing.length > 0)
    return {
      code,
      level: "problem",
      text: `Not as the migrations make it; missing: ${few(missing.map(keyOf))}.`,
      evidence,
      fix: repair(missing, schema),
    };
  if (unlogged.length > 0)
    return {
      code,
      level: "problem",
      text: `Unlogged, so a crash of the server empties them: ${few(unlogged.map(({ name }) => name))}.`,
      evidence,
      fix: unlogged.map(({ name }) => `ALTER TABLE ${named({ schema }, name)} SET LOGGED`).join("; "),
    };
  if (unfinished.length > 0)
    return {
      code,
      level: "problem",
      text: `Indexes that were never finished: ${few(unfinished.map(({ name }) => name))}.`,
      evidence,
      fix: unfinished.map(({ name }) => `REINDEX INDEX CONCURRENTLY ${named({ schema }, name)}`).join("; "),
    };
  if (foreign.length > 0)
    return {
      code,
      level: "advice",
      text: `Somebody added to our tables: ${few(foreign.map(keyOf))}. Every write pays for it, and a migration may fail.`,
      evidence,
      fix: "Drop it unless you know what it is for.",
    };
  return { code, level: "ok", text: "Tables, indexes and functions are as the migrations make them.", evidence };
}

function repair(missing: readonly Made[], schema: string): string {
  if (missing.every(({ kind }) => kind === "index"))
    return `Make it again: ${missing.map(({ statement }) => statement.replaceAll("jobyard.", `${schema}.`)).join("; ")}`;
  return "Restore a backup, or move the jobs to a new schema (schema=… in the URL).";
}

export async function checkPayloadIndex({ db, schema }: Sight): Promise<Diagnosis> {
  const code = "POSTGRES_PAYLOAD_INDEX";
  const index = (await db.all(readRelations, { schema })).find(isPayloadIndex);
  const evidence = { index: index?.name ?? null };
  if (index === undefined)
    return { code, level: "ok", text: "Searches in payloads read the payloads: there is no index of them.", evidence };
  return { code, level: "ok", text: `Searches in payloads use the index ${index.name}.`, evidence };
}

export async function checkRights({ db, schema }: Sight): Promise<Diagnosis> {
  const code = "POSTGRES_RIGHTS";
  const own = await db.get(readSchemaRights, { schema });
  if (own === undefined)
    return { code, level: "ok", text: `There is no schema ${schema} yet.`, evidence: { role: null, lacks: 0 } };
  const lacks = own.usage
    ? (await db.all(missingRights, { schema })).map((row) => row.lacks)
    : [`USAGE ON SCHEMA ${schema}`];
  const evidence = { role: own.role, lacks: lacks.length, mayCreate: own.creation };
  if (lacks.length === 0)
    return { code, level: "ok", text: `The role ${own.role} may do what the adapter needs.`, evidence };
  const to = `TO ${own.role}`;
  return {
    code,
    level: "problem",
    text: `The role ${own.role} lacks: ${few(lacks)}.`,
    evidence,
    fix: [
      `GRANT USAGE ON SCHEMA ${schema} ${to}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} ${to}`,
      `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} ${to}`,
      `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} ${to}`,
    ].join("; "),
  };
}

/** Jobs that are numbered last are the newest, if the clock only ever went forward. */
const LAST_JOBS = 1_000;
const CLOCK_PATIENCE_MS = 60_000;

/** Deadlines are judged by the server's clock alone: it must not go back, and a failover may bring another one. */
export async function checkClock({ db, here }: Sight): Promise<Diagnosis> {
  const code = "POSTGRES_CLOCK";
  const { created_at: newest = null, now = here } = (await db.get(newestOfLast, { jobs: LAST_JOBS })) ?? {};
  const aheadMs = newest === null ? 0 : Math.max(0, newest - now);
  const evidence = { newestCreatedAt: newest, aheadMs, serverAheadOfProcessMs: now - here };
  if (aheadMs <= CLOCK_PATIENCE_MS) return { code, level: "ok", text: "No job comes from the future.", evidence };
  return {
    code,
    level: "problem",
    text: `The newest job was enqueued ${minutesText(aheadMs)} in the future: the server's clock was set back, or a failover brought one that is behind.`,
    evidence,
    fix: "Correct the server's clock (NTP). Jobs run when it has caught up; to run some now: jobyard promote <id…>",
  };
}
