import { rmSync } from "node:fs";
import { sqliteAdapter } from "@jobyard/adapter-sqlite";

const file = "/tmp/jysq/bench.db";
const durability = (process.argv[2] ?? "crash") as "crash" | "power";
const N = Number(process.argv[3] ?? 100_000),
  E = Number(process.argv[4] ?? 1000),
  C = Number(process.argv[5] ?? 200);
for (const s of ["", "-wal", "-shm"]) rmSync(file + s, { force: true });
const a = sqliteAdapter({ file, durability });
const payload = JSON.stringify({
  to: "someone@example.org",
  subject: "hello hello hello hello hello hello hello",
  n: 123456,
});
let n = 0;
const { randomUUID } = await import("node:crypto");
const ids = Array.from({ length: N }, (_, i) => i.toString(16).padStart(8, "0") + randomUUID().slice(8));
let t = performance.now();
for (let i = 0; i < N; i += E) {
  await a.writer.enqueue(
    Array.from({ length: E }, () => ({
      queue: "mail",
      id: ids[n++]!,
      name: "greet",
      version: 1,
      payload,
      priority: 0,
      maxAttempts: 3,
      backoff: { type: "exponential" as const, delayMs: 1000, maxDelayMs: 600000, jitter: 0.2 },
      timeoutMs: null,
      start: { delayMs: 0 },
      expiresInMs: null,
      tags: [],
      group: null,
      dedupe: null,
      onLeaseLost: "retry" as const,
      parent: null,
    })),
  );
}
console.log("enqueue", Math.round((N / (performance.now() - t)) * 1000), "/s");
t = performance.now();
const cpu = process.cpuUsage();
let done = 0;
for (let i = 0; ; i++) {
  const { jobs } = await a.leaser.claim({
    session: "w",
    token: `t${i}`,
    leaseMs: 30000,
    max: C,
    queues: [{ queue: "mail", max: C, types: [{ name: "greet", maxVersion: 1 }] }],
    waitMs: 0,
    held: false,
  });
  if (jobs.length === 0) break;
  const s = await a.leaser.settle(
    jobs.map((j) => ({
      lease: j.lease,
      guard: "held" as const,
      decision: { move: "complete" as const, result: '{"ok":true}' },
    })),
  );
  done += s.filter((x) => x.ok).length;
}
const c = process.cpuUsage(cpu);
console.log(
  "drain",
  done,
  Math.round((done / (performance.now() - t)) * 1000),
  "/s",
  "cpu us/job",
  ((c.user + c.system) / done).toFixed(1),
);
await a.close();
