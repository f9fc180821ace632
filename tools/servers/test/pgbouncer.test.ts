import { expect, test } from "vitest";
import { isPgBouncerWanted, startPgBouncer, startPostgres } from "../src/index.ts";
import { connected, query } from "./support.ts";

if (isPgBouncerWanted()) {
  test("many clients share one server connection, a transaction at a time", async () => {
    await using server = await startPostgres({ auth: "scram-sha-256" });
    await using pool = await startPgBouncer({ upstream: server.url, settings: { default_pool_size: 1 } });
    const clients = await Promise.all([connected(pool.url), connected(pool.url), connected(pool.url)]);
    const backends = await Promise.all(clients.map((each) => each.query("SELECT pg_backend_pid() AS pid")));
    expect(new Set(backends.map(({ rows }) => rows[0].pid)).size).toBe(1);
    await Promise.all(clients.map((each) => each.end()));
    expect(await query(pool.adminUrl, "SHOW CONFIG")).toContainEqual(
      expect.objectContaining({ key: "pool_mode", value: "transaction" }),
    );
  });

  test("after stop nobody is let in", async () => {
    await using server = await startPostgres();
    const pool = await startPgBouncer({ upstream: server.url, poolMode: "session" });
    expect(await query(pool.url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
    await pool.stop();
    await expect(query(pool.url, "SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
} else {
  test("without PgBouncer the error says how to have it", async () => {
    await expect(startPgBouncer({ upstream: "postgres://127.0.0.1:1/none" })).rejects.toThrow(
      "JOBYARD_TEST_PGBOUNCER=1",
    );
  });
}
