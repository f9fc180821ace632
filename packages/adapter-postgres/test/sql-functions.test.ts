/** `jobyard.enqueue` and `jobyard.enqueue_many`: for psql, triggers and other languages what core is for Node.js. */

import { checkRawJob, createYard, defineJob, ERROR_CODES, isQueueError } from "@jobyard/core";
import { manualPorts } from "@jobyard/core/testing";
import { urlOf } from "@jobyard/servers/vitest";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { postgresAdapter } from "../src/index.ts";
import { until } from "./ground.ts";
import { openShop, type Shop } from "./yard.ts";

/** What the server says of a call that it refuses. */
async function refusal(call: Promise<unknown>): Promise<pg.DatabaseError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof pg.DatabaseError) return error;
  throw new Error(`not refused by the server: ${String(error)}`);
}

const enqueue = async ({ sql }: Shop, payload: string, options: object = {}): Promise<string> => {
  const [row] = await sql<{ id: string }>(
    "SELECT jobyard.enqueue('mail', 'email.send', $1::text, $2) AS id",
    payload,
    JSON.stringify(options),
  );
  return row?.id ?? "";
};

describe.each(inject("postgres"))("on PostgreSQL $version", (server) => {
  const open = (): Promise<Shop> => openShop(urlOf(server));

  test("a job enqueued in psql is run by a worker that waits for one", async () => {
    const { sql, yard } = await open();
    const send = defineJob("email.send", { queue: "mail", payload: z.object({ to: z.string() }) });
    const ran: unknown[] = [];
    const worker = yard.worker({ jobs: [send.handler((job) => void ran.push([job.id, job.payload]))], poll: "60s" });
    await worker.start();
    const rows = await sql(`select jobyard.enqueue('mail', 'email.send', '{"to": "ada@example.org"}') as id`);
    await until("the job ran", () => ran.length === 1);
    expect(ran).toEqual([[rows[0]?.["id"], { to: "ada@example.org" }]]);
    await worker.stop();
  });

  describe("payloads", () => {
    const texts = ['{"b":1, "a" : 9007199254740993}', '"\\u0000"', '"\\ud800"', "null", " [1.0,-0,1e400] ", '"💌"'];

    test.each(["text", "json"])("come back byte for byte as %s", async (type) => {
      const { sql, adapter } = await open();
      for (const text of texts) {
        const [row] = await sql<{ id: string }>(`SELECT jobyard.enqueue('mail', 'x', $1::${type}) AS id`, text);
        const [job] = await adapter.reader.get([{ queue: "mail", id: row?.id ?? "" }]);
        expect(job?.payload).toBe(text);
      }
    });

    test("of many come back byte for byte, in order, with ids in order", async () => {
      const { sql, adapter } = await open();
      const many = texts.map((text) => text.trim());
      const rows = await sql<{ id: string }>(
        "SELECT * FROM jobyard.enqueue_many('mail', 'x', $1) AS id",
        `[ ${many.join(" ,\n ")} ]`,
      );
      const ids = rows.map(({ id }) => id);
      const jobs = await adapter.reader.get(ids.map((id) => ({ queue: "mail", id })));
      expect(jobs.map((job) => job?.payload)).toEqual(many);
      expect([...ids].sort()).toEqual(ids);
    });

    test("may be any value of SQL, made to JSON", async () => {
      const { sql, adapter } = await open();
      for (const value of ["to_jsonb(o)", "to_json(o)", "row_to_json(o)::text", "jsonb_build_object('id', o.id)"]) {
        const [row] = await sql<{ id: string }>(
          `SELECT jobyard.enqueue('mail', 'x', ${value}) AS id FROM (VALUES ('o1')) AS o (id)`,
        );
        const [job] = await adapter.reader.get([{ queue: "mail", id: row?.id ?? "" }]);
        expect(JSON.parse(job?.payload ?? "")).toEqual({ id: "o1" });
      }
      for (const list of ["json_agg(n)", "jsonb_agg(n)", "json_agg(n)::text"])
        expect(
          await sql(`SELECT jobyard.enqueue_many('mail', 'x', ${list}) FROM generate_series(1, 3) AS n`),
        ).toHaveLength(3);
      expect(await sql("SELECT * FROM jobyard.enqueue_many('mail', 'x', '[]')")).toEqual([]);
    });
  });

  describe("options mean what they mean in core", () => {
    const accepted = [
      {},
      { priority: 2_097_151, maxAttempts: 1_000_000, version: 7 },
      { timeout: "1.5s", expiresIn: 5_000, delay: " 2h " },
      { delay: 0.5 },
      { runAt: 4_102_444_800_000 },
      { backoff: [] as unknown[] },
      { backoff: [1_000, "4s", "1m"] },
      { backoff: { type: "exponential", delay: "1s", jitter: 0.2 } },
      { backoff: { type: "fixed", delay: 0 } },
      { backoff: { type: "linear", delay: "1d", jitter: 0.25 } },
      { backoff: { type: "linear", delay: 7, maxDelay: "2m", jitter: 1 } },
      { tags: [], group: "acme" },
      { tags: ["b", "a", "b", 'q"u\\o'] },
      { onLeaseLost: "hold", dedupe: { key: "k" } },
      { dedupe: { key: "k", while: "waiting", onConflict: "replace" } },
      { dedupe: { key: "k", while: { for: "1h" }, onConflict: "extend" } },
    ].filter(({ backoff }) => !Array.isArray(backoff) || backoff.length > 0);

    test.each(accepted)("%j", async ({ version, ...options }: Record<string, unknown>) => {
      const { sql, yard } = await open();
      await sql("CREATE OR REPLACE FUNCTION jobyard.now_ms() RETURNS bigint LANGUAGE sql RETURN 1800000000000");
      const given = version === undefined ? {} : { version: version as number };
      await yard.enqueueRaw([{ name: "email.send", payload: "1", ...given, options: { ...options, queue: "core" } }]);
      await sql("SELECT jobyard.enqueue('sql', 'email.send', '1', $1)", JSON.stringify({ ...options, ...given }));
      const rows = await sql(`
        SELECT (to_jsonb(job) - '{pk,id,ord,lane,queue}'::text[]) ||
               jsonb_build_object('name', lane.name, 'version', lane.version) AS job
          FROM jobyard.job JOIN jobyard.lane ON lane.id = job.lane ORDER BY job.pk`);
      expect(rows).toHaveLength(2);
      expect(rows[1]).toEqual(rows[0]);
      const keys = await sql("SELECT key, until, for_ms FROM jobyard.dedupe");
      expect(keys[1]).toEqual(keys[0]);
    });

    test("a time is that of its zone", async () => {
      const { sql } = await open();
      for (const at of ["2100-01-01T00:00:00Z", "2099-12-31 19:00:00.000-05", "2100-01-01T05:30+05:30"]) {
        await sql("SELECT jobyard.enqueue('mail', 'x', '1', $1)", JSON.stringify({ runAt: at }));
      }
      await sql(`SELECT jobyard.enqueue('mail', 'x', '1',
                   jsonb_build_object('runAt', timestamptz '2100-01-01 00:00:00+00'))`);
      expect(await sql("SELECT DISTINCT run_at FROM jobyard.job")).toEqual([{ run_at: "4102444800000" }]);
    });
  });

  describe("what core refuses is refused, with the same code for the same field", () => {
    const long = "x".repeat(129);
    const refused: readonly Record<string, unknown>[] = [
      ...[-1, 2_097_152, 1.5, "1", null, true].map((priority) => ({ priority })),
      ...[0, 1_000_001, "three"].map((maxAttempts) => ({ maxAttempts })),
      ...[-1, "5 minutes", "1w", "", null, [1], 3_162_240_000_001].map((delay) => ({ delay })),
      ...[0, "0s", -1, "x"].map((timeout) => ({ timeout })),
      ...[0, {}].map((expiresIn) => ({ expiresIn })),
      ...[-1, 8.64e15 + 1, 0.5].map((runAt) => ({ runAt })),
      { runAt: 1, delay: 1 },
      ...["later", 1, null].map((onLeaseLost) => ({ onLeaseLost })),
      ...["a", null, Array.from({ length: 21 }, (_, n) => `t${n}`), [""], [1], ["a:b"]].map((tags) => ({ tags })),
      ...["", "a:b", long, " a", "a\n", 7, null].map((group) => ({ group })),
      ...["123", "", "a:b", 7, null].map((jobId) => ({ jobId })),
      ...[[], ["x"], "1s", 7, null, {}, { type: "fixed" }, { type: "x", delay: 1 }].map((backoff) => ({ backoff })),
      ...[{ jitter: 2 }, { jitter: "x" }, { maxDelay: "x" }, { factor: 2 }].map((more) => ({
        backoff: { type: "fixed", delay: 1, ...more },
      })),
      ...[null, "k", {}, { key: "a:b" }, { key: 1 }, { key: "k", ttl: 1 }].map((dedupe) => ({ dedupe })),
      ...["always", 7, { for: 0 }, { for: "x" }, {}].map((held) => ({ dedupe: { key: "k", while: held } })),
      { dedupe: { key: "k", onConflict: "ignore" } },
      { prio: 1 },
      { max_attempts: 1 },
    ];

    test("options", async () => {
      const shop = await open();
      for (const options of refused) {
        const error = await refusal(enqueue(shop, "1", options));
        const ours = await checkRawJob({ name: "x", payload: "1", options }).catch((reason: unknown) => reason);
        const { code, field } = isQueueError(ours) ? ours : { code: "not refused by core", field: undefined };
        expect([error.message.split(":")[0], error.column], JSON.stringify(options)).toEqual([code, field]);
      }
      expect(await shop.adapter.reader.count([], 1)).toMatchObject({ n: 0 });
    });

    test.each([
      ["queue", "jobyard.enqueue('a:b', 'x', '1')", "BAD_NAME"],
      ["queue", "jobyard.enqueue(NULL, 'x', '1')", "BAD_NAME"],
      ["name", "jobyard.enqueue('mail', ' x', '1')", "BAD_NAME"],
      ["name", "jobyard.enqueue('mail', NULL, '1')", "BAD_NAME"],
      ["payload", "jobyard.enqueue('mail', 'x', NULL::text)", "PAYLOAD_INVALID"],
      ["payload", "jobyard.enqueue('mail', 'x', 'hello')", "PAYLOAD_INVALID"],
      ["payload", "jobyard.enqueue('mail', 'x', '{\"a\":01}')", "PAYLOAD_INVALID"],
      ["payload", "jobyard.enqueue('mail', 'x', repeat('[', 100000))", "PAYLOAD_INVALID"],
      ["payload", "jobyard.enqueue('mail', 'x', to_json(repeat('é', 524288)))", "PAYLOAD_TOO_LARGE"],
      ["enqueue", "jobyard.enqueue('mail', 'x', '1', '[]')", "BAD_OPTION"],
      ["version", "jobyard.enqueue('mail', 'x', '1', '{\"version\": 0}')", "BAD_OPTION"],
      ["runAt", "jobyard.enqueue('mail', 'x', '1', '{\"runAt\": \"2030-01-01T00:00:00\"}')", "BAD_OPTION"],
      ["runAt", "jobyard.enqueue('mail', 'x', '1', '{\"runAt\": \"2030-13-01T00:00:00Z\"}')", "BAD_OPTION"],
      ["payloads", "jobyard.enqueue_many('mail', 'x', NULL::json)", "PAYLOAD_INVALID"],
      ["payloads", "jobyard.enqueue_many('mail', 'x', '{\"a\": 1}')", "PAYLOAD_INVALID"],
      ["payload", "jobyard.enqueue_many('mail', 'x', '[1')", "PAYLOAD_INVALID"],
      ["payload", "jobyard.enqueue_many('mail', 'x', json_build_array(1, repeat('x', 1048576)))", "PAYLOAD_TOO_LARGE"],
      ["jobId", "jobyard.enqueue_many('mail', 'x', '[1]', '{\"jobId\": \"a\"}')", "BAD_OPTION"],
    ])("%s of %s", async (field, call, code) => {
      const shop = await open();
      const error = await refusal(shop.sql(`SELECT ${call}`));
      expect(error).toMatchObject({ column: field, detail: `Field: ${field}` });
      expect(error.message).toMatch(new RegExp(`^${code}: `));
      expect(error.hint).toBeTruthy();
      expect(await shop.adapter.reader.count([], 1)).toMatchObject({ n: 0 });
    });

    test("names, character by character", async () => {
      const { pool, named } = await open();
      const client = await pool.connect();
      await client.query(named("SET search_path = jobyard"));
      await client.query(
        named(`CREATE FUNCTION pg_temp.takes(name text) RETURNS boolean LANGUAGE plpgsql AS $$
          BEGIN PERFORM jobyard.check_name(to_jsonb(name), 'name'); RETURN true;
          EXCEPTION WHEN invalid_parameter_value THEN RETURN false; END $$`),
      );
      const points = Array.from({ length: 0x110000 }, (_, point) => point).filter(
        (point) =>
          point > 0 &&
          (point < 0xd800 || point > 0xdfff) &&
          // Of what lies beyond, a part: it is a million, and regular.
          (point < 0x3200 || (point & 0xffff) > 0xfff0 || point % 31 === 0 || (point >= 0xe0000 && point < 0xe0100)),
      );
      const forms = points.flatMap((point) => {
        const character = String.fromCodePoint(point);
        return [character, `a${character}b`, `a${character}`];
      });
      const { rows } = await client.query<{ taken: boolean }>(
        "SELECT pg_temp.takes(name) AS taken FROM unnest($1::text[]) WITH ORDINALITY AS list(name, n) ORDER BY n",
        [forms],
      );
      client.release(true);
      for (const [index, form] of forms.entries()) {
        const isOurs = await checkRawJob({ name: form, payload: "1" }).then(
          () => true,
          () => false,
        );
        // Which characters are assigned is a matter of the version of Unicode.
        if (isOurs !== rows[index]?.taken && !/\p{Cn}/u.test(form))
          expect.fail(`${JSON.stringify(form)} ${form.codePointAt(0)?.toString(16)}: core says ${isOurs}`);
      }
    });

    test("the hints are core's words", async () => {
      const shop = await open();
      const [row] = await shop.sql<{ source: string }>(
        "SELECT prosrc AS source FROM pg_proc WHERE proname = 'refuse' AND pronamespace = $1::regnamespace",
        shop.schema,
      );
      for (const code of ["BAD_NAME", "BAD_DURATION", "BAD_OPTION", "PAYLOAD_INVALID", "ID_CONFLICT"] as const)
        expect(row?.source).toContain(ERROR_CODES[code]);
      expect((await refusal(enqueue(shop, "1", { run_at: 1 }))).hint).toBe("Did you mean runAt?");
      expect((await refusal(enqueue(shop, "1", { colour: 1 }))).hint).toBe(ERROR_CODES.BAD_OPTION);
    });
  });

  describe("a job that is there already", () => {
    test("is answered with its id if the payload is the same value", async () => {
      const shop = await open();
      expect(await enqueue(shop, '{"a":1,"b":2}', { jobId: "o1" })).toBe("o1");
      expect(await enqueue(shop, '{ "b": 2, "a": 1 }', { jobId: "o1" })).toBe("o1");
      expect(await enqueue(shop, '"\\u0000"', { jobId: "o2" })).toBe("o2");
      expect(await enqueue(shop, '"\\u0000"', { jobId: "o2" })).toBe("o2");
      expect(await shop.adapter.reader.count([], 9)).toMatchObject({ n: 2 });
    });

    test.each(['{"a":2}', '"\\u0000"'])("is a conflict with another payload: %s", async (other) => {
      const shop = await open();
      await enqueue(shop, '{"a":1}', { jobId: "o1" });
      const error = await refusal(enqueue(shop, other, { jobId: "o1" }));
      expect(error).toMatchObject({ message: "ID_CONFLICT: mail/o1", code: "23505", column: "jobId" });
    });

    test("is a conflict with another name", async () => {
      const shop = await open();
      await enqueue(shop, "1", { jobId: "o1" });
      const call = shop.sql(`SELECT jobyard.enqueue('mail', 'another', '1', '{"jobId": "o1"}')`);
      expect((await refusal(call)).message).toBe("ID_CONFLICT: mail/o1");
    });

    test("and holds the key is answered with its id, or replaced", async () => {
      const shop = await open();
      const first = await enqueue(shop, "1", { dedupe: { key: "k" } });
      expect(await enqueue(shop, "2", { dedupe: { key: "k" } })).toBe(first);
      const second = await enqueue(shop, "3", { dedupe: { key: "k", onConflict: "replace" } });
      const jobs = await shop.adapter.reader.get([first, second].map((id) => ({ queue: "mail", id })));
      expect(jobs.map((job) => job?.state)).toEqual(["cancelled", "waiting"]);
      const rows = await shop.sql<{ id: string }>(
        `SELECT * FROM jobyard.enqueue_many('mail', 'x', '[1,2]', '{"dedupe":{"key":"k"}}') AS id`,
      );
      expect(rows).toEqual([{ id: second }, { id: second }]);
    });
  });

  test("a full queue takes none of them, and says so", async () => {
    const shop = await open();
    await shop.yard.board.configure("mail", { maxSize: 2 }, { actor: "test" });
    const error = await refusal(shop.sql("SELECT jobyard.enqueue_many('mail', 'x', '[1,2,3]')"));
    expect(error).toMatchObject({ code: "53400", column: "queue" });
    expect(error.message).toBe("QUEUE_FULL: queue mail: 2 of 2 places are taken");
    expect(error.hint).toMatch(/Try again after 1000 ms/);
    expect(await shop.adapter.reader.count([], 9)).toMatchObject({ n: 0 });
    expect(await shop.sql("SELECT jobyard.enqueue_many('mail', 'x', '[1,2]')")).toHaveLength(2);
  });

  test("ids are UUIDs of version 7 that say when, and sort as they were made", async () => {
    const { sql } = await open();
    const before = Date.now();
    const one = await sql<{ id: string }>("SELECT (jobyard.new_ids(1))[1] AS id FROM generate_series(1, 50)");
    const many = await sql<{ id: string }>("SELECT unnest(jobyard.new_ids(10000)) AS id");
    const ids = [...one, ...many].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.map((id) => id.slice(0, 18))).toEqual(ids.map((id) => id.slice(0, 18)).sort());
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const ms = Number.parseInt((ids[0] as string).slice(0, 13).replace("-", ""), 16);
    expect(Math.abs(ms - before)).toBeLessThan(60_000);
  });

  test("others are told at the commit, and of nothing that was rolled back", async () => {
    const shop = await open();
    const heard: (string | undefined)[] = [];
    const ear = await shop.pool.connect();
    ear.on("notification", ({ payload }) => heard.push(payload));
    await ear.query(`LISTEN jobyard_${shop.schema}`);
    const client = await shop.pool.connect();
    for (const end of ["ROLLBACK", "COMMIT"]) {
      await client.query("BEGIN");
      await client.query(shop.named("SELECT jobyard.enqueue('mail', 'x', '1'), jobyard.enqueue('mail', 'x', '2')"));
      await client.query(end);
    }
    await client.query(shop.named(`SELECT jobyard.notify_queues('["a", "b"]')`));
    await client.query(
      shop.named("SELECT jobyard.notify_queues((SELECT json_agg(repeat('x', 99)) FROM generate_series(1, 99)))"),
    );
    await until("all were heard", () => heard.length >= 3);
    for (const each of [ear, client]) each.release(true);
    expect(heard).toEqual(['["mail"]', '["a", "b"]', "null"]);
  });

  test("a call does not depend on the settings of its session", async () => {
    const shop = await open();
    const client = await shop.pool.connect();
    await client.query("SET search_path = pg_temp; SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Tokyo'");
    await client.query(
      "SET standard_conforming_strings = off; SET escape_string_warning = off; SET extra_float_digits = 0",
    );
    const options = {
      runAt: "2100-01-01T00:00:00Z",
      tags: ["a"],
      backoff: { type: "fixed", delay: "2s", jitter: 0.1 },
    };
    await client.query(shop.named("SELECT jobyard.enqueue('mail', 'x', $1::text, $2)"), ['{"a":"\\n"}', options]);
    client.release(true);
    expect(await shop.sql("SELECT payload, run_at, tags, backoff FROM jobyard.job")).toEqual([
      { payload: '{"a":"\\n"}', run_at: "4102444800000", tags: '["a"]', backoff: '["fixed",2000,600000,0.1]' },
    ]);
  });
});

test("the clock of a caller is of no matter", async () => {
  const shop = await openShop();
  const ports = manualPorts();
  const adapter = postgresAdapter({ url: shop.url, schema: shop.schema, ports });
  await createYard({ adapter, ports }).enqueueRaw([{ name: "x", payload: "1", options: { delay: "1h" } }]);
  await shop.sql(`SELECT jobyard.enqueue('default', 'x', '1', '{"delay": "1h"}')`);
  await adapter.close();
  const [row] = await shop.sql<{ gap: string }>("SELECT max(run_at) - min(run_at) AS gap FROM jobyard.job");
  expect(Number(row?.gap)).toBeLessThan(60_000);
});
