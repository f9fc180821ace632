/** Relays that end in the middle, by SIGKILL or with their connection: nothing is lost, nothing is doubled. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { NewJob } from "@jobyard/core/adapter";
import { describe, expect, onTestFinished, test } from "vitest";
import { relay } from "../../src/outbox/index.ts";
import { type Ground, greet, postgresGround, postgresUrl, sqliteGround, until } from "./ground.ts";
import { openTarget, type Target, targetThat } from "./target.ts";

const payloads = Array.from({ length: 95 }, (_, n) => ({ n }));

/** In which a relay is killed while its `kills`-th batch, counted from 1, is taken and not yet deleted. */
async function relayUntilKilled(args: readonly string[], target: Target, kills: number): Promise<void> {
  const child = fork(fileURLToPath(import.meta.resolve("./relay-process.ts")), [...args], {
    execArgv: ["-C", "@jobyard/source"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let batches = 0;
  child.on("message", async (jobs) => {
    batches += 1;
    const receipts = await target.adapter.writer.enqueue(jobs as readonly NewJob[]);
    if (batches === kills) child.kill("SIGKILL");
    else child.send(receipts);
  });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
}

interface Place {
  readonly ground: Ground;
  readonly args: readonly string[];
}
const places: Readonly<Record<string, () => Promise<Place>>> = {
  postgres: async () => {
    const ground = await postgresGround();
    return { ground, args: ["postgres", ground.schema, postgresUrl()] };
  },
  sqlite: async () => {
    const ground = await sqliteGround();
    return { ground, args: ["sqlite", ground.file] };
  },
};

describe.each(Object.keys(places))("on %s", (name) => {
  test("killed between the enqueue and the delete: each job is there once, in order", async () => {
    const { ground, args } = await (places[name] as () => Promise<Place>)();
    await ground.outbox.migrate();
    const target = openTarget();
    await ground.transact((tx) => ground.outbox.enqueueMany(tx, greet, payloads));
    await relayUntilKilled(args, target, 1);
    await relayUntilKilled(args, target, 2);
    await relayUntilKilled(args, target, 3);
    // The second and the third relay settled one and two batches before their last.
    expect(await ground.outbox.status()).toMatchObject({ waiting: 95 - 10 - 20 });
    const last = relay(ground.outbox, target.adapter, { poll: "20ms" });
    onTestFinished(() => last.stop());
    await until("the outbox is empty", async () => (await ground.outbox.status()).waiting === 0);
    await last.stop();
    expect(last.status.relayed).toBe(65);
    // At least the batch of the last that was killed. On SQLite those of the others may have waited until now.
    expect(last.status.duplicates).toBeGreaterThanOrEqual(10);
    const sent = (await target.claimed("mail")).map(({ payload }) => payload);
    expect(sent).toEqual(payloads.map((payload) => JSON.stringify(payload)));
  });
});

test("on postgres: a relay whose connection is cut says so and goes on, and the process lives", async () => {
  const ground = await postgresGround();
  await ground.outbox.migrate();
  const target = openTarget();
  await ground.transact((tx) => ground.outbox.enqueueMany(tx, greet, payloads));
  let cut = 0;
  const cutting = targetThat(async (jobs) => {
    const receipts = await target.adapter.writer.enqueue(jobs);
    if (cut > 0) return receipts;
    // The one connection that holds rows of the outbox.
    const { rowCount } = await ground.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE relation = '${ground.schema}.jobyard_outbox'::regclass AND mode = 'RowShareLock'`,
    );
    cut = rowCount ?? 0;
    return receipts;
  });
  const errors: unknown[] = [];
  const hooks = { onError: (error: unknown, doing: string) => errors.push([error, doing]) };
  const running = relay(ground.outbox, cutting, { poll: "20ms", hooks });
  onTestFinished(() => running.stop());
  await until("the outbox is empty", async () => (await ground.outbox.status()).waiting === 0);
  await running.stop();
  expect(cut).toBe(1);
  expect(errors).toEqual([[expect.any(Error), "outbox"]]);
  expect(running.status).toMatchObject({ relayed: 95, duplicates: 95, failures: 0 });
  expect(await target.claimed("mail")).toHaveLength(95);
});

test("on sqlite: a relay that took longer than its claim changes nothing about rows that are another's", async () => {
  const ground = await sqliteGround({ claim: "1s" });
  await ground.outbox.migrate();
  await ground.transact((tx) => ground.outbox.enqueueMany(tx, greet, payloads.slice(0, 3)));
  const everything = { limit: 10, except: [] };
  let release = (): void => {};
  const slow = ground.outbox.table.pass(everything, async (rows) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return rows.map(() => ({ fate: "refused", code: "ID_CONFLICT", message: "too late" }));
  });
  const other = ground.again();
  const seen: number[] = [];
  await until("the claim is over", async () => {
    await other.table.pass(everything, async (rows) => {
      release();
      await slow;
      seen.push(...rows.map(({ number }) => number));
      return rows.map(() => ({ fate: "stays" }));
    });
    return seen.length > 0;
  });
  expect(seen).toHaveLength(3);
  expect(await ground.outbox.status()).toMatchObject({ waiting: 3, refused: 0 });
  const target = openTarget();
  const last = relay(ground.outbox, target.adapter, { poll: "20ms" });
  await until("the outbox is empty", async () => (await ground.outbox.status()).waiting === 0);
  await last.stop();
  expect(last.status).toMatchObject({ relayed: 3, duplicates: 0 });
});
