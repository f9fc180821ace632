/** How the server cleans up behind us: what was removed stays as a dead row until vacuum takes it away. */

import { bytesText, type Diagnosis } from "@jobyard/core/adapter";
import { tableRooms, vacuumSwitches } from "../sql/examine-tables.sql.ts";
import { few, MiB, named, type Sight } from "./examination.ts";

export async function checkAutovacuum({ db, schema }: Pick<Sight, "db" | "schema">): Promise<Diagnosis> {
  const code = "POSTGRES_AUTOVACUUM";
  const switches = await db.get(vacuumSwitches, { schema });
  const { autovacuum = true, track_counts: trackCounts = true, tables_off: off = [] } = switches ?? {};
  const evidence = { autovacuum, trackCounts, tablesOff: off.length };
  if (!autovacuum || !trackCounts)
    return {
      code,
      level: "problem",
      text: `${autovacuum ? "track_counts" : "autovacuum"} is off: what jobs leave behind is never cleaned up, and claims become slower without end.`,
      evidence,
      fix: "Set in postgresql.conf: autovacuum = on, track_counts = on; then: SELECT pg_reload_conf()",
    };
  if (off.length > 0)
    return {
      code,
      level: "problem",
      text: `Autovacuum is switched off for ${few(off)}: they grow without end.`,
      evidence,
      fix: off.map((name) => `ALTER TABLE ${named({ schema }, name)} RESET (autovacuum_enabled)`).join("; "),
    };
  return { code, level: "ok", text: "Autovacuum is on.", evidence };
}

const MANY_DEAD = 200_000;

export async function checkDeadRows({ db, schema }: Pick<Sight, "db" | "schema">): Promise<Diagnosis> {
  const code = "POSTGRES_DEAD_ROWS";
  const tables = await db.all(tableRooms, { schema });
  const full = tables.filter(({ dead, live }) => dead > MANY_DEAD && dead > live);
  const [worst] = tables;
  const evidence = { table: worst?.name ?? null, dead: worst?.dead ?? 0, live: worst?.live ?? 0 };
  if (full.length === 0) return { code, level: "ok", text: "Vacuum keeps up.", evidence };
  return {
    code,
    level: "advice",
    text: `More dead rows than live ones: ${few(full.map(({ name, dead }) => `${name} (${dead})`))}. Vacuum does not keep up, or is held back.`,
    evidence,
    fix: `See POSTGRES_SNAPSHOTS and POSTGRES_SLOTS; else raise autovacuum_max_workers, or once: ${full
      .map(({ name }) => `VACUUM ${named({ schema }, name)}`)
      .join("; ")}`,
  };
}

/** Tables of short rows that come and go; they should be small whenever little waits. */
const PASSAGES: readonly string[] = ["ready", "later", "held", "expiry", "lease", "session", "tally"];
const LARGE_BYTES: number = 128 * MiB;
/** A short row with its places in the indexes. */
const ROW_BYTES = 200;
const USED_SHARE = 0.1;

export async function checkBloat({ db, schema }: Pick<Sight, "db" | "schema">): Promise<Diagnosis> {
  const code = "POSTGRES_BLOAT";
  const tables = (await db.all(tableRooms, { schema })).filter(({ name }) => PASSAGES.includes(name));
  const bytes = tables.reduce((sum, one) => sum + one.bytes, 0);
  const empty = tables.filter(
    (one) => one.bytes > LARGE_BYTES && (one.live + one.dead) * ROW_BYTES < one.bytes * USED_SHARE,
  );
  const evidence = {
    bytes,
    bloated: empty.length,
    readyBytes: tables.find(({ name }) => name === "ready")?.bytes ?? 0,
  };
  if (empty.length === 0)
    return { code, level: "ok", text: `The lines that claims walk take ${bytesText(bytes)}.`, evidence };
  return {
    code,
    level: "advice",
    text: `Mostly empty, and so slower than they could be: ${few(empty.map((one) => `${one.name} (${bytesText(one.bytes)})`))}.`,
    evidence,
    fix: `It holds up claims for some seconds: ${empty.map(({ name }) => `VACUUM (FULL) ${named({ schema }, name)}`).join("; ")}`,
  };
}
