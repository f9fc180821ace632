import Database from "better-sqlite3";
import { readdirSync } from "node:fs";
const db = new Database("/tmp/jysq/bench.db"); 
db.exec("BEGIN"); 
for (const f of readdirSync("./src/sql")) { const m = await import(`./src/sql/${f}`);
  for (const [name, s] of Object.entries(m) as [string, {text: string}][]) { if (!s?.text || !s.text.trim().startsWith("SELECT")) continue;
    const names = [...new Set([...s.text.matchAll(/@(\w+)/g)].map((x) => x[1]!))];
    const make = (i: number) => Object.fromEntries(names.map((x) => [x, ["pks","states","lanes"].includes(x) ? `["${i}"]` : ["limit"].includes(x) ? 1 : ["lane","priority","ord","pk","now","at","seq","after","before","below"].includes(x) ? -i : "x" + i]));
    const A = Array.from({ length: 1000 }, (_, i) => make(i + 1));
    const time = (sql: string) => { const st = db.prepare(sql); const run = () => { const t = performance.now(); for (const p of A) st.all(p); return performance.now() - t; }; run(); return Math.min(run(), run(), run(), run()); };
    const plain = time(s.text), plus = time(s.text.replace(/@(\w+)/g, "+@$1"));
    if (plain > 6 || plain > plus * 2) console.log(f, name, plain.toFixed(1), "->", plus.toFixed(1));
  } }
