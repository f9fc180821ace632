/** The server itself and how it is set: version, encoding, durability, whether it takes writes. */

import type { Diagnosis } from "@jobyard/core/adapter";
import { readServer, type ServerRow } from "../sql/examine-server.sql.ts";
import type { Sight } from "./examination.ts";

const server = async ({ db }: Pick<Sight, "db">): Promise<ServerRow> => {
  const row = await db.get(readServer, {});
  if (row === undefined) throw new TypeError("the server told nothing of itself");
  return row;
};

/** The first that takes function bodies in standard SQL. */
const OLDEST_MAJOR = 14;
/** Every change of ours is tried on these. */
const TESTED_MAJORS: readonly number[] = [15, 18];

export async function checkVersion(sight: Pick<Sight, "db">): Promise<Diagnosis> {
  const code = "POSTGRES_VERSION";
  const { version, number } = await server(sight);
  const major = Math.floor(number / 10_000);
  const evidence = { version, oldest: OLDEST_MAJOR, tested: TESTED_MAJORS.join(", ") };
  if (major < OLDEST_MAJOR)
    return {
      code,
      level: "problem",
      text: `PostgreSQL ${version} lacks what our statements need.`,
      evidence,
      fix: `Upgrade the server to PostgreSQL ${OLDEST_MAJOR} or later.`,
    };
  const words = TESTED_MAJORS.includes(major) ? "which we test" : `and we test ${TESTED_MAJORS.join(" and ")}`;
  return { code, level: "ok", text: `The server is PostgreSQL ${version}, ${words}.`, evidence };
}

export async function checkEncoding(sight: Pick<Sight, "db">): Promise<Diagnosis> {
  const code = "POSTGRES_ENCODING";
  const { encoding } = await server(sight);
  const evidence = { encoding };
  if (encoding === "UTF8") return { code, level: "ok", text: "The database keeps every character.", evidence };
  return {
    code,
    level: "problem",
    text: `The database has the encoding ${encoding}: an enqueue fails for a payload that it has no characters for.`,
    evidence,
    fix: "Move the jobs to a database made with ENCODING 'UTF8'; a database cannot change its encoding.",
  };
}

/** One of them is switched off by mistake, or in the hope of speed; both together by somebody who knows, for tests. */
const isThrowaway = ({ fsync, full_page_writes }: ServerRow): boolean => !fsync && !full_page_writes;

export async function checkDurability(sight: Pick<Sight, "db">): Promise<Diagnosis> {
  const code = "POSTGRES_DURABILITY";
  const row = await server(sight);
  const { fsync, full_page_writes: fullPageWrites, synchronous_commit: synchronousCommit } = row;
  const evidence = { synchronousCommit, configured: row.configured_commit, fsync, fullPageWrites };
  if (isThrowaway(row))
    return {
      code,
      level: "advice",
      text: "The server is set up for data that nobody will miss: a crash of its machine may damage all of it.",
      evidence,
      fix: "If its jobs matter, set in postgresql.conf: fsync = on, full_page_writes = on; then: SELECT pg_reload_conf()",
    };
  if (!fsync || !fullPageWrites) {
    const off = fsync ? "full_page_writes" : "fsync";
    return {
      code,
      level: "problem",
      text: `${off} is off: a crash of the server's machine may damage the database beyond repair.`,
      evidence,
      fix: `Set in postgresql.conf: ${off} = on; then: SELECT pg_reload_conf()`,
    };
  }
  if (synchronousCommit === "off")
    return {
      code,
      level: "problem",
      text: "synchronous_commit is off: a crash of the server takes what was answered in the last moments.",
      evidence,
      fix: "ALTER ROLE <the role of the URL> SET synchronous_commit = on",
    };
  return {
    code,
    level: "ok",
    text: `What was answered survives a loss of power (synchronous_commit ${synchronousCommit}).`,
    evidence,
  };
}

export async function checkReadOnly(sight: Pick<Sight, "db">): Promise<Diagnosis> {
  const code = "POSTGRES_READ_ONLY";
  const { standby, read_only: readOnly } = await server(sight);
  const evidence = { standby, readOnly };
  if (standby)
    return {
      code,
      level: "problem",
      text: "The server is a standby, which takes no writes.",
      evidence,
      fix: "Name the primary in the URL, or an address that follows it.",
    };
  if (readOnly)
    return {
      code,
      level: "problem",
      text: "Transactions of this role are read only.",
      evidence,
      fix: "ALTER ROLE <the role of the URL> SET default_transaction_read_only = off; if it is set for the database or the server, there.",
    };
  return { code, level: "ok", text: "The server takes writes.", evidence };
}

/** The server takes no more writes at about 2,140 million; autovacuum begins to see to it at 200 million. */
const UNFROZEN_ADVICE = 500_000_000;
const UNFROZEN_PROBLEM = 1_500_000_000;

export async function checkTransactionIds(sight: Pick<Sight, "db">): Promise<Diagnosis> {
  const code = "POSTGRES_TRANSACTION_IDS";
  const { unfrozen } = await server(sight);
  const evidence = { unfrozen };
  const text = `${Math.round(unfrozen / 1_000_000)} of about 2,140 million transaction numbers are in use.`;
  if (unfrozen < UNFROZEN_ADVICE) return { code, level: "ok", text, evidence };
  return {
    code,
    level: unfrozen < UNFROZEN_PROBLEM ? "advice" : "problem",
    text: `${text} With all in use the server takes no writes.`,
    evidence,
    fix: "Find what holds vacuum back (POSTGRES_SNAPSHOTS, POSTGRES_SLOTS), then in this database: VACUUM (FREEZE)",
  };
}
