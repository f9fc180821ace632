/** What docs/postgres.md tells people to run is run, as it stands there; what it lists and points to is there. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { createYard, defineJob } from "@jobyard/core";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { codeUnder, describeLinks, readPage } from "@jobyard/pages";
import { availablePostgres } from "@jobyard/servers";
import { urlOf } from "@jobyard/servers/vitest";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { z } from "zod";
import { parsePostgresUrl, postgresAdapter } from "../src/index.ts";
import { jobPayloadIndex } from "../src/sql/payload-index.sql.ts";
import { connected, openPlace } from "./docs-place.ts";
import { dropSchema, newSchema, serverUrl, until } from "./ground.ts";

const page = await readPage("postgres.md");
const greet = defineJob("greet", { queue: "mail", payload: z.object({ to: z.string() }) });

describe.each(inject("postgres"))("on PostgreSQL $version", (server) => {
  test("the owner migrates, and the role that works needs no more than the page grants", async () => {
    const place = await openPlace(urlOf(server), "none");
    const [owner, app] = [await place.role("jobs_owner"), await place.role("jobs_app")];
    const [asAdmin = "", asOwner = ""] = codeUnder(page, "Roles", "sql").map((text) =>
      text
        .replaceAll(/^CREATE ROLE .*$/gm, "")
        .replaceAll("jobs_owner", owner.name)
        .replaceAll("jobs_app", app.name),
    );
    await place.client.query(asAdmin);
    const migrating = postgresAdapter({ url: owner.url });
    await migrating.schema.migrate();
    await migrating.close();
    const client = await connected(owner.url);
    await client.query(asOwner);
    await client.query("CREATE TABLE jobyard.of_a_later_migration ()");
    await client.end();

    const adapter = postgresAdapter({ url: app.url });
    const yard = createYard({ adapter });
    onTestFinished(() => yard.close());
    await yard.enqueue(greet, { to: "ada" });
    const worker = yard.worker({ jobs: [greet.handler(() => null)] });
    await worker.drain();
    expect(worker.status).toMatchObject({ completed: 1, failed: 0 });
    expect((await adapter.examine()).filter(({ level }) => level === "problem").map(({ code }) => code)).toEqual([]);
    await expect(adapter.schema.migrate()).resolves.toMatchObject({ from: expect.any(Number) });

    const working = await connected(app.url);
    await working.query("SELECT FROM jobyard.of_a_later_migration");
    for (const text of [
      "CREATE TABLE jobyard.mine ()",
      "DROP TABLE jobyard.job",
      "ALTER TABLE jobyard.job ADD COLUMN mine text",
      "UPDATE jobyard.migration SET version = version",
    ])
      await expect(working.query(text)).rejects.toMatchObject({ code: "42501" });
    await working.end();
  });

  test("the index of payloads is the one that is used, and can be made and dropped at any time", async () => {
    const place = await openPlace(urlOf(server), "ours");
    const [statement = ""] = codeUnder(page, "Searches in payloads", "sql");
    const plain = (text: string): string => text.replaceAll(/[\s;]+/g, " ").trim();
    expect(plain(statement)).toBe(plain(jobPayloadIndex.text));
    const adapter = postgresAdapter({ url: place.url });
    onTestFinished(() => adapter.close());
    await adapter.writer.enqueue([newJob("a", { payload: '{"orderId":4711}' }), newJob("b")]);
    const search = async (): Promise<readonly string[]> => {
      const any = [{ text: "4711", glob: false }];
      const filter = [{ field: "payload", path: "orderId", not: false, any }] as const;
      return (await adapter.reader.list({ filter, limit: 10, cursor: null })).items.map(({ id }) => id);
    };
    expect(await search()).toEqual(["a"]);
    await place.client.query(statement);
    expect(await search()).toEqual(["a"]);
    const told = (await adapter.examine()).find(({ code }) => code === "POSTGRES_PAYLOAD_INDEX");
    expect(told).toMatchObject({ level: "ok", evidence: { index: "job_payload" } });
    await place.client.query("DROP INDEX jobyard.job_payload");
    expect(await search()).toEqual(["a"]);
  });
});

/** Servers of this run whose own `pg_dump` is on this machine: the one that npm brings has none. */
const dumped = inject("postgres").flatMap((server) => {
  const major = Number.parseInt(server.version, 10);
  const binFolder = availablePostgres().find((one) => one.major === major)?.binFolder ?? "";
  return existsSync(join(binFolder, "pg_dump")) ? [{ server, binFolder }] : [];
});

for (const { server, binFolder } of dumped)
  test(`a dump of PostgreSQL ${server.version} is restored as it was: what ran then runs again`, async () => {
    const [from, to] = [await openPlace(urlOf(server), "ours"), await openPlace(urlOf(server), "none")];
    const adapter = postgresAdapter({ url: from.url });
    await adapter.writer.enqueue(["a", "b", "c"].map((id) => newJob(id, { name: "greet", queue: "mail" })));
    const types = [{ name: "greet", maxVersion: 1 }];
    await adapter.leaser.claim(claimRequest("t", { leaseMs: 1, max: 1, queues: [{ queue: "mail", max: 1, types }] }));
    const dump = join(tmpdir(), `jobyard-docs-${process.pid}.dump`);
    onTestFinished(() => rm(dump, { force: true }));
    const [commands = ""] = codeUnder(page, "Backup and restore", "sh");
    const [save = "", load = ""] = commands.trim().replaceAll("jobs.dump", dump).split("\n");
    const env = {
      ...process.env,
      PATH: `${binFolder}${delimiter}${process.env["PATH"]}`,
      DATABASE_URL: from.url,
      NEW_DATABASE_URL: to.url,
    };
    await promisify(execFile)("sh", ["-c", save], { env });
    await adapter.writer.enqueue([newJob("later", { name: "greet", queue: "mail" })]);
    await adapter.close();
    await promisify(execFile)("sh", ["-c", load], { env });

    const yard = createYard({ adapter: postgresAdapter({ url: to.url }) });
    onTestFinished(() => yard.close());
    const ran: string[] = [];
    const handler = defineJob("greet", { queue: "mail", payload: z.unknown() }).handler(({ id }) => void ran.push(id));
    await yard.enqueue(greet, { to: "new" });
    // The one that ran is rescued after its lease, and comes again after its pause.
    await until("all have run", async () => {
      await yard.worker({ jobs: [handler] }).drain();
      return ran.length === 4;
    });
    expect(ran).toEqual(expect.arrayContaining(["a", "b", "c"]));
    for (const { level, code } of await yard.board.examine()) expect([level, code]).not.toContain("problem");
  });

describe("what it lists", () => {
  test("are the parameters that there are, with their defaults", () => {
    const rows = [...page.matchAll(/^\| `([a-z]\w+)`\s+\| `(\w+)`/gm)].map(([, name, value]) => `${name}=${value}`);
    expect(rows.map((row) => row.split("=")[0])).toEqual([
      ..."schema pool callTimeoutMs listen pollMs protocol".split(" "),
    ]);
    const { url: _, ...given } = parsePostgresUrl(`postgres://localhost/shop?${rows.join("&")}`);
    expect(given).toEqual({
      ...{ schema: "jobyard", pool: 10, callTimeoutMs: 15_000, listen: true, pollMs: 500, protocol: "extended" },
    });
  });

  test("is a URL", () => {
    for (const text of codeUnder(page, "First steps", "text"))
      expect(parsePostgresUrl(text.trim())).toMatchObject({ schema: "jobs", pool: 20 });
  });

  test("are the codes that an examination tells", async () => {
    const schema = newSchema();
    const adapter = postgresAdapter({ url: serverUrl(), schema });
    onTestFinished(async () => {
      await adapter.close();
      await dropSchema(schema);
    });
    const listed = new Set([...page.matchAll(/`(POSTGRES_\w+)`/g)].map(([, code]) => code));
    await adapter.schema.migrate();
    const told = (await adapter.examine()).map(({ code }) => code);
    expect([...listed].sort()).toEqual(told.toSorted());
  });
});

describeLinks(page);
