/** What tests run in a process of its own: `node -C @jobyard/source process.ts <role> <file> …`. Prints JSON. */

import { type Adapter, isQueueError } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { sqliteAdapter } from "../src/index.ts";

const [role = "", file = "", name = "", count = "0"] = process.argv.slice(2);
const say = (answer: unknown): void => console.log(JSON.stringify(answer));

/** What one waits for another that this machine has stopped. */
const PATIENCE_MS = 30_000;

/** Opens, and says what went wrong. */
async function open(): Promise<void> {
  try {
    await sqliteAdapter({ file, busyTimeoutMs: PATIENCE_MS }).close();
    say({ code: null });
  } catch (error) {
    if (!isQueueError(error)) throw error;
    say({ code: error.code, message: error.message });
  }
}

/** Enqueues one by one, and says how many were accepted. */
async function produce(adapter: Adapter): Promise<void> {
  let accepted = 0;
  for (let n = 0; n < Number(count); n++) {
    const [receipt] = await adapter.writer.enqueue([newJob(`${name}-${n}`)]);
    if (receipt?.outcome === "accepted") accepted += 1;
  }
  say(accepted);
}

/** Runs what it is given until `done`, and says which jobs it completed. */
async function consume(adapter: Adapter): Promise<void> {
  const completed: string[] = [];
  for (let turn = 0; ; turn++) {
    const { jobs } = await adapter.leaser.claim(
      claimRequest(`${name}-${turn}`, { session: name, max: 7, waitMs: 200 }),
    );
    const settled = await adapter.leaser.settle(
      jobs.map(({ lease }) => ({ lease, guard: "held", decision: { move: "complete", result: null } })),
    );
    for (const [index, answer] of settled.entries()) if (answer.ok) completed.push(jobs[index]?.lease.ref.id ?? "");
    const [info] = await adapter.reader.queues("mail");
    if ((info?.counts.completed.n ?? 0) >= Number(count)) break;
  }
  say(completed);
}

const pause = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** A transaction that reads, and what ends it. */
function snapshot(): () => void {
  const database = new Database(file, { readonly: true });
  database.exec("BEGIN");
  database.prepare("SELECT count(*) FROM jobyard_tally").get();
  return () => database.close();
}

/** Reads without a gap: each of its short transactions ends after the next has begun, and says so. Until it is ended. */
function readAlways(): void {
  for (let end = snapshot(); ; ) {
    say("reading");
    pause(10);
    const next = snapshot();
    end();
    end = next;
  }
}

/** One transaction that reads, until its standard input ends. */
function pin(): void {
  const end = snapshot();
  say("reading");
  process.stdin.resume().once("end", end);
}

/** Copies the log into the file, and waits for those who read or write; for those who copy SQLite does not. */
function copy(): void {
  const database = new Database(file, { timeout: 60_000 });
  const full = database.prepare<[], { readonly busy: number }>("PRAGMA wal_checkpoint(FULL)");
  say("copying");
  while (full.get()?.busy === 1) pause(1);
  database.close();
}

async function withAdapter(work: (adapter: Adapter) => Promise<void>): Promise<void> {
  const adapter = sqliteAdapter({ file, durability: "crash", busyTimeoutMs: PATIENCE_MS });
  await work(adapter);
  await adapter.close();
}

const ROLES: Readonly<Record<string, () => Promise<void>>> = {
  open,
  "read-always": async () => readAlways(),
  pin: async () => pin(),
  copy: async () => copy(),
  produce: () => withAdapter(produce),
  consume: () => withAdapter(consume),
};
await ROLES[role]?.();
