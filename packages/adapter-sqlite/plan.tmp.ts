import Database from "better-sqlite3";
import { tables } from "./src/migrations/001-tables.sql.ts";
import { readdirSync } from "node:fs";
const db = new Database(":memory:"); db.exec(tables.text);
for (const f of readdirSync("./src/sql")) { const m = await import(`./src/sql/${f}`);
  for (const [name, s] of Object.entries(m) as [string, {text: string}][]) { if (!s?.text) continue;
    const params = Object.fromEntries([...s.text.matchAll(/@(\w+)/g)].map((x) => [x[1]!, x[1] === "pks" || x[1] === "states" || x[1]==="lanes" ? "[]" : 1]));
    const rows = db.prepare("EXPLAIN QUERY PLAN " + s.text).all(params) as { detail: string }[];
    console.log(f.replace(".sql.ts", ""), name, "::", rows.map((r) => r.detail).join(" | "));
  } }
