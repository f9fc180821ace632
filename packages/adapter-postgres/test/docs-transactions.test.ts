/** What docs/postgres-transactions.md tells people to run is run, as it stands there; what it points to is there. */

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createYard, DEFAULTS, defineJob } from "@jobyard/core";
import { claimRequest } from "@jobyard/core/testing";
import { codeUnder, describeLinks, readPage, scriptFolder, scriptsOf } from "@jobyard/pages";
import { urlOf } from "@jobyard/servers/vitest";
import type pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { z } from "zod";
import { postgresAdapter } from "../src/index.ts";
import { connected, openPlace, type Place } from "./docs-place.ts";

const packageFolder = join(import.meta.dirname, "..");
const page = await readPage("postgres-transactions.md");

const scripts = scriptsOf(page);
/** By the heading that they stand under. */
const statements = (heading: string): readonly string[] => codeUnder(page, heading, "sql");

/** With the tables of the page's shop. */
async function openShop(server: string): Promise<Place> {
  const place = await openPlace(server, "ours");
  await place.client.query("CREATE TABLE orders (id text PRIMARY KEY, paid boolean NOT NULL DEFAULT false)");
  await place.client.query("CREATE TABLE ledger (order_id text PRIMARY KEY)");
  return place;
}

const PACKAGES = ["@jobyard/core", "@prisma/adapter-pg", "drizzle-orm", "knex", "kysely", "pg", "zod"];
const IMPORTS = {
  ...Object.fromEntries(PACKAGES.map((name) => [name, join(packageFolder, "node_modules", name)])),
  "@jobyard/adapter-postgres": packageFolder,
};

/** A folder with the page's scripts under their names, and with what they import. */
async function desk(): Promise<string> {
  const path = await scriptFolder(scripts, IMPORTS);
  await mkdir(join(path, "generated/prisma"), { recursive: true });
  const client = JSON.stringify(join(import.meta.dirname, "prisma-client.ts"));
  await writeFile(join(path, "generated/prisma/client.ts"), `export { PrismaClient } from ${client};\n`);
  return path;
}

const run = (path: string, script: string, url: string): Promise<unknown> =>
  promisify(execFile)(process.execPath, ["-C", "@jobyard/source", script], {
    cwd: path,
    env: { ...process.env, DATABASE_URL: url },
  });

const jobsOf = async ({ client }: Place, where = "true"): Promise<readonly unknown[]> =>
  (
    await client.query(
      `SELECT queue, state, payload FROM jobyard.job WHERE ${where} ORDER BY queue, state, payload, pk`,
    )
  ).rows;

describe.each(inject("postgres"))("on PostgreSQL $version", (server) => {
  test("the scripts enqueue with the order, and the worker completes with its ledger", async () => {
    const place = await openShop(urlOf(server));
    const path = await desk();
    const producers = scripts.map(([name]) => name).filter((name) => name.startsWith("with-"));
    const libraries = producers.map((name) => name.slice("with-".length, -".mjs".length));
    expect(libraries).toEqual(["pg", "kysely", "drizzle", "knex", "prisma", "anything"]);
    await Promise.all(producers.map((name) => run(path, name, place.url)));
    const ids = [...libraries].sort().map((id) => ({ id }));
    expect((await place.client.query("SELECT id FROM orders ORDER BY id")).rows).toEqual(ids);
    const waiting = ids.map(({ id }) => ({ queue: "ship", state: "waiting", payload: `{"order":"${id}"}` }));
    expect(await jobsOf(place)).toEqual(waiting);
    await run(path, "worker.mjs", place.url);
    expect((await place.client.query("SELECT order_id AS id FROM ledger ORDER BY order_id")).rows).toEqual(ids);
    expect(await jobsOf(place, "queue = 'ship'")).toEqual(waiting.map((job) => ({ ...job, state: "completed" })));
    expect(await jobsOf(place, "queue = 'mail' AND state = 'waiting'")).toHaveLength(libraries.length);
  });

  test("the statements do what is said of them", async () => {
    const place = await openShop(urlOf(server));
    await place.client.query("INSERT INTO orders (id) VALUES ('a'), ('b')");
    for (const text of statements("From SQL")) await place.client.query(text);
    expect((await jobsOf(place)).map((job) => Object.values(job as object).join(" ")).sort()).toEqual([
      'mail waiting {"to" : "ada@example.org"}',
      'mail waiting {"to": "ada@example.org"}',
      'mail waiting {"to": "ada@example.org"}',
      'ship waiting {"order" : "a"}',
      'ship waiting {"order" : "b"}',
      'ship waiting {"order" : "trigger"}',
      'ship waiting {"order": "sql-1"}',
      'ship waiting {"order": "sql-2"}',
    ]);
    const { rows } = await place.client.query(
      "SELECT id, dedupe_key FROM jobyard.job WHERE id !~ '^0' OR dedupe_key <> ''",
    );
    expect(rows).toEqual([
      { id: "welcome-ada", dedupe_key: null },
      { id: expect.any(String), dedupe_key: "ada" },
      { id: "ship-trigger", dedupe_key: null },
    ]);
    const refused = place.client.query(`SELECT jobyard.enqueue('mail', 'email.send', '{}', '{"run_at": 1}')`);
    const { message, detail, hint } = (await refused.catch((error: unknown) => error)) as pg.DatabaseError;
    const [, shown = ""] = /```text\n(.*?)```/s.exec(page) ?? [];
    const printed = `ERROR:  ${message}\nDETAIL:  ${detail}\nHINT:  ${hint}\n`;
    expect(printed.replace(/(maxAttempts, ).*/, "$1…")).toBe(shown);
  });

  test("a role with the rights on the page runs everything but migrations", async () => {
    const place = await openShop(urlOf(server));
    const [app, website] = [await place.role("shop_app"), await place.role("shop_website")];
    for (const text of statements("Roles"))
      await place.client.query(text.replaceAll("shop_app", app.name).replaceAll("shop_website", website.name));

    const adapter = postgresAdapter({ url: app.url });
    const yard = createYard({ adapter });
    onTestFinished(() => yard.close());
    const email = defineJob("email.send", { queue: "mail", payload: z.object({ to: z.string() }), backoff: [0] });
    const site = await connected(website.url);
    await site.query("SELECT send_mail('ada@example.org')");
    for (const text of ["SELECT * FROM jobyard.job", "SELECT jobyard.enqueue('mail', 'email.send', '{}')"])
      await expect(site.query(text)).rejects.toMatchObject({ code: "42501" });
    await site.end();

    await yard.enqueueMany(email, [{ to: "b" }, { to: "c" }], { expiresIn: "1h", tags: ["t"] });
    await yard.enqueue(email, { to: "later" }, { delay: "1h", dedupe: { key: "k", while: "waiting" } });
    await yard.enqueue(email, { to: "instead" }, { dedupe: { key: "k", while: "waiting", onConflict: "replace" } });
    const { board } = yard;
    await board.configure("mail", { maxSize: 10, retention: { completed: { count: 1 } } }, { actor: "test" });
    await board.pause("mail", { actor: "test" });
    await board.resume("mail", { actor: "test" });
    const worker = yard.worker({
      jobs: [
        email.handler(async ({ payload, attempt }, { log, progress }) => {
          await log(payload.to);
          await progress(attempt);
          if (payload.to === "b") throw new Error("no such address");
        }),
      ],
    });
    await worker.drain();
    expect(worker.status).toMatchObject({ completed: 3, failed: DEFAULTS.maxAttempts });
    const page = await board.jobs({ query: "state:dead" });
    const [dead] = page.items;
    if (dead === undefined) throw new Error("no job is dead");
    for (const move of ["requeue", "cancel", "remove", "restore"] as const)
      expect(await board.move(move, [dead], { actor: "test" })).toMatchObject([{ outcome: "done" }]);
    const lease = { queues: [{ queue: "mail", max: 1, types: [{ name: "email.send", maxVersion: 1 }] }], leaseMs: 1 };
    await yard.enqueue(email, { to: "lost" });
    expect((await adapter.leaser.claim(claimRequest("t", lease))).jobs).toHaveLength(1);
    await adapter.leaser.retire("w1");
    await worker.stop();
    await yard.worker({ jobs: [email.handler(() => null)] }).drain();
    await adapter.sweeper.expire(100);
    await adapter.sweeper.purge(
      { queue: "mail", state: "completed", keep: { ageMs: null, count: 0, bytes: null } },
      100,
    );
    for (const { level, code } of await board.examine()) expect([level, code]).not.toContain("problem");
    expect(await board.audit()).not.toEqual([]);

    const client = await connected(app.url);
    for (const text of ["CREATE TABLE jobyard.mine ()", "DROP TABLE jobyard.job", "DELETE FROM jobyard.migration"])
      await expect(client.query(text)).rejects.toMatchObject({ code: "42501" });
    await client.end();
  });
});

describeLinks(page);

describe("what it lists", () => {
  test("its options are those that there are", () => {
    const [, table = ""] = /^### What it takes$(.*?)^### /ms.exec(page) ?? [];
    const rows = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    const known =
      "jobId version priority maxAttempts backoff timeout expiresIn onLeaseLost tags delay runAt dedupe group";
    expect(rows.sort()).toEqual(known.split(" ").sort());
  });
});
