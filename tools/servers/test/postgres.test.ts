import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { availablePostgres, type PostgresServer, startPostgres, throwaway } from "../src/index.ts";
import { descendants, living } from "../src/process/table.ts";
import { connected, query } from "./support.ts";

test("at least one PostgreSQL is there, each major version once, newest first", () => {
  const majors = availablePostgres().map((each) => each.major);
  expect(majors.length).toBeGreaterThan(0);
  expect(majors).toEqual([...new Set(majors)].sort((a, b) => b - a));
});

test("a version that is not there is refused with what is", async () => {
  await expect(startPostgres({ version: 7 })).rejects.toThrow(/No PostgreSQL 7 to start.*There is \d+/);
});

test("a server that does not start says why", async () => {
  await expect(startPostgres({ settings: { max_connections: "many" } })).rejects.toThrow(/max_connections/);
});

describe.each(availablePostgres())("PostgreSQL $version", ({ major, version }) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ version: major, settings: { ...throwaway, max_connections: 40 } });
  });
  afterAll(() => server.stop());

  test("answers over TCP, in the version and with the settings that were asked for", async () => {
    const [row] = await query(
      server.url,
      `SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,
              current_setting('lc_collate', true) AS collation, current_setting('fsync') AS fsync,
              current_setting('max_connections') AS connections, usesuper FROM pg_user WHERE usename = current_user`,
    );
    expect(row).toMatchObject({ encoding: "UTF8", fsync: "off", connections: "40", usesuper: true });
    expect(String(row?.["version"])).toMatch(new RegExp(`^${version}\\b`));
  });

  test("kill leaves no process, and restart finds what was committed on the same port", async () => {
    await query(server.url, "CREATE TABLE kept AS SELECT 1 AS n");
    const client = await connected(server.url);
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    // Busy: such a backend notices late that its postmaster is gone.
    const lost = client.query("SELECT count(*) FROM generate_series(1, 1000000000)").catch(() => "lost");
    const { pid } = server;
    const children = descendants(pid ?? 0);
    expect(children.length).toBeGreaterThan(3);

    const killed = await server.crash();
    expect(killed[0]).toBe(pid);
    // Others may have ended by themselves meanwhile: a worker of autovacuum, for one.
    expect(killed).toContain(rows[0]?.pid);
    expect(living([...killed, ...children])).toEqual([]);
    expect(server.pid).toBeNull();
    expect(await lost).toBe("lost");
    await expect(query(server.url, "SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await server.crash()).toEqual([]);

    await server.restart();
    expect(server.pid).not.toBe(pid);
    expect(await query(server.url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
    expect(server.log()).toContain("not properly shut down");
  });

  test("settings of a restart are added to those of before", async () => {
    await server.restart({ work_mem: "5MB" });
    const [row] = await query(
      server.url,
      "SELECT current_setting('work_mem') AS memory, current_setting('fsync') AS fsync",
    );
    expect(row).toEqual({ memory: "5MB", fsync: "off" });
  });

  test("halt is an end in good order", async () => {
    await server.halt();
    expect(server.pid).toBeNull();
    expect(server.log()).toContain("database system is shut down");
    await server.restart();
    expect(await query(server.url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  });

  test("stop removes the data, and may be called again", async () => {
    const other = await startPostgres({ version: major });
    expect(existsSync(other.folder)).toBe(true);
    await other.stop();
    await other.stop();
    expect(other.pid).toBeNull();
    expect(existsSync(other.folder)).toBe(false);
  });

  test("a folder that was given is kept, and found again", async () => {
    const above = await mkdtemp(join(tmpdir(), "jobyard-test-"));
    // Open to the account that the server runs under.
    await chmod(above, 0o755);
    try {
      const folder = join(above, "some/data");
      const first = await startPostgres({ version: major, folder });
      await query(first.url, "CREATE TABLE kept AS SELECT 2 AS n");
      await first.stop();
      await using second = await startPostgres({ version: major, folder });
      expect(await query(second.url, "SELECT n FROM kept")).toEqual([{ n: 2 }]);
    } finally {
      await rm(above, { recursive: true });
    }
  });

  test("with scram-sha-256 only the password of the url opens", async () => {
    await using guarded = await startPostgres({ version: major, auth: "scram-sha-256" });
    expect(await query(guarded.url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
    const wrong = new URL(guarded.url);
    wrong.password = "guessed";
    await expect(query(wrong.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
  });
});
