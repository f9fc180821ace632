import pg from "pg";
import { systemPorts } from "@jobyard/core/adapter";
import { connectionOver } from "../src/connection.ts";
import { Dialect } from "../src/dialect.ts";
import { ExplainingConnection } from "./explaining-connection.ts";
import { list } from "../src/read/pages.ts";
import { phases } from "../src/read/counts.ts";
import { queues } from "../src/read/queues.ts";
import { postgresAdapter } from "../src/index.ts";
import { fillStore } from "./full-store.ts";
const url = "postgres://postgres@127.0.0.1:5599/c";
if (process.argv[2] === "fill") {
  const adapter = postgresAdapter({ url });
  await adapter.schema.migrate(); await adapter.close();
  const c = new pg.Client(url); await c.connect();
  await fillStore(c, "jobyard", 1_000_000); await c.end();
} else {
  const S = 1_767_225_600_000, now = S + 1_000_000*100 + 1;
  const ph = (...any: string[]) => ({ field: "state", not: false, any });
  const q = { field: "queue", not: false, any: [{ text: "mail", glob: false }] };
  const cases: [string, any[]][] = [["all", []], ["waiting", [ph("waiting")]], ["scheduled", [ph("scheduled")]], ["active", [ph("active")]], ["completed", [ph("completed")]], ["dead", [ph("dead")]], ["queue", [q]], ["queue+waiting", [q, ph("waiting")]],
   ["rare type", [{ field: "name", not: false, any: [{ text: "rare", glob: false }] }]], ["created middle", [{ field: "created", not: false, range: { kind: "at", from: S + 40_000_000, to: S + 50_000_000 } }]],
   ["error over all", [{ field: "error", not: false, any: [{ text: "econnrefused 10.0.0.77", glob: false }] }]], ["payload over all", [{ field: "payload", path: "customer.id", not: false, any: [{ text: "420000", glob: false }] }]]];
  const c = new pg.Client(url); await c.connect();
  await c.query("SET jit=off");
  const plain = connectionOver(c, new Dialect("jobyard", "extended"));
  const db = new ExplainingConnection(plain);
  const via = (d: any): any => ({ ports: systemPorts, read: (w: any) => w({ db: d, now }) });
  for (const [name, filter] of cases) {
    const wall: number[] = [];
    let page: any;
    for (let i = 0; i < 4; i++) { const t = performance.now(); page = await list(via(plain), { filter, limit: 50, cursor: null } as any); wall.push(performance.now() - t); }
    db.reset(); await list(via(db), { filter, limit: 50, cursor: null } as any);
    console.log(name.padEnd(18), "wall cold", wall[0].toFixed(1), "warm", Math.min(...wall.slice(1)).toFixed(1), "| server", db.cost.ms.toFixed(1), "ms", db.cost.buffers, "buffers", db.cost.statements, "statements; rows", page.items.length, JSON.stringify(page.searched));
  }
  let t = performance.now(); await phases(via(plain), [], 10_000); console.log("phases", (performance.now() - t).toFixed(1));
  t = performance.now(); await queues(via(plain)); console.log("queues", (performance.now() - t).toFixed(1));
  await c.end();
}
