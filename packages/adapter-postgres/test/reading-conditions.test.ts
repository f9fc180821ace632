/**
 * What is decided in the database is what core's `matchesFilter` says, whatever letters there are: small letters that
 * are longer than the large ones, patterns of LIKE, NUL and halves of surrogate pairs in JSON. With an index on
 * payloads, the same.
 */

import { type Filter, matchesFilter, type TextPattern } from "@jobyard/core/adapter";
import { newJob } from "@jobyard/core/testing";
import fc from "fast-check";
import pg from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { type PostgresOptions, postgresAdapter } from "../src/index.ts";
import { jobPayloadIndex } from "../src/sql/payload-index.sql.ts";
import { dropSchema, newSchema, openClient, serverUrl } from "./ground.ts";

/** What people hardly type, and programs send. */
const LETTERS = [
  "a",
  "A",
  "k",
  "K",
  "\u212a",
  "i",
  "\u0130",
  "ß",
  "Σ",
  "ς",
  "é",
  "É",
  "😀",
  "0",
  "4711",
  "%",
  "_",
  "*",
];
const AWKWARD = ["\\", '"', "/", "\n", "\u001b", " ", ".", "{", "[", "\\u0041"];
/** Only JSON can hold these. */
const UNSTORABLE = ["\0", "\ud800", "\udc00"];

const storable = fc.string({ unit: fc.constantFrom(...LETTERS, ...AWKWARD), minLength: 1, maxLength: 4 });
const anything = fc.string({ unit: fc.constantFrom(...LETTERS, ...AWKWARD, ...UNSTORABLE), maxLength: 4 });
const NAMES = ["a", "A", "0", "é", "a.b", "%", 'q"', "\0"];
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    anything,
    fc.constantFrom("0", "4711", "true").map((text) => JSON.parse(text) as unknown),
    fc.constant(null),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("any"), { maxKeys: 3 }),
  ),
})).any;

const pattern: fc.Arbitrary<TextPattern> = fc.record({
  text: fc.oneof(anything, fc.constantFrom("*a*", "a*", "*4711", "I\u0307", "k*", "%")),
  glob: fc.boolean(),
});
const path = fc.array(fc.constantFrom(...NAMES), { minLength: 0, maxLength: 3 }).map((names) => names.join("."));
const any = fc.array(pattern, { minLength: 1, maxLength: 2 });
const term: fc.Arbitrary<Filter[number]> = fc.oneof(
  fc.record({
    field: fc.constantFrom("id", "worker", "tag", "key", "parent", "error", "reason", "group", "op"),
    ...{ not: fc.boolean(), any },
  }),
  fc.record({ field: fc.constantFrom("payload", "result"), not: fc.boolean(), path, any }),
  fc.record({
    ...{ field: fc.constantFrom("payload", "result"), not: fc.boolean(), path },
    range: fc.record({ from: fc.constantFrom(null, 0, 4000), to: fc.constantFrom(null, 0, 5000) }),
  }),
  fc.record({ field: fc.constant("word"), not: fc.boolean(), text: anything }),
);

const JOBS = 80;

describe("conditions on odd texts", () => {
  const schema = newSchema();
  const options = (): PostgresOptions => ({ url: serverUrl(), schema });

  beforeAll(async () => {
    const adapter = postgresAdapter(options());
    await adapter.schema.migrate();
    await adapter.writer.enqueue(
      fc
        .sample(fc.record({ payload: value, tags: fc.array(anything, { maxLength: 2 }) }), { numRuns: JOBS, seed: 1 })
        .map(({ payload, tags }, index) => newJob(`Job-${index}`, { payload: JSON.stringify(payload), tags })),
    );
    await adapter.close();
    const client = new pg.Client(serverUrl());
    await client.connect();
    const texts = fc.record({
      ...{
        grp: storable,
        key: storable,
        op: storable,
        worker: storable,
        code: anything,
        message: anything,
        result: value,
      },
      parent: fc.record({ queue: storable, id: storable }),
    });
    for (const [index, odd] of fc.sample(texts, { numRuns: JOBS, seed: 2 }).entries()) {
      if (index % 4 === 0) continue;
      const errors = [
        { code: "old", message: "a" },
        { code: odd.code, message: odd.message, stack: "a" },
      ];
      await client.query(
        `UPDATE ${schema}.job SET grp = $2, dedupe_key = $3, dedupe_while = 'open', last_op = $4, worker = $5, parent = $6,
                errors = $7, result = $8 WHERE id = $1`,
        [
          ...[`Job-${index}`, odd.grp, odd.key, odd.op, odd.worker],
          ...[JSON.stringify(odd.parent), JSON.stringify(errors), JSON.stringify(odd.result)],
        ],
      );
    }
    await client.end();
    return () => dropSchema(schema);
  });

  for (const isIndexed of [false, true])
    test(`every term finds what it means${isIndexed ? ", with an index on payloads" : ""}`, async () => {
      if (isIndexed) {
        const client = await openClient();
        await client.query(jobPayloadIndex.text.replaceAll("jobyard.", `${schema}.`));
      }
      const adapter = postgresAdapter(options());
      const { reader } = adapter;
      const refs = (await reader.list({ filter: [], limit: 200, cursor: null })).items;
      const jobs = (await reader.get(refs)).filter((job) => job !== null);
      expect(jobs).toHaveLength(JOBS);
      const now = await reader.now();
      await fc.assert(
        fc.asyncProperty(term, async (asked) => {
          const expected = jobs.filter((job) => matchesFilter(job, [asked], now)).map(({ id }) => id);
          const page = await reader.list({ filter: [asked], limit: 200, cursor: null });
          expect(page.items.map(({ id }) => id)).toEqual(expected);
        }),
        { numRuns: 1_500 },
      );
      await adapter.close();
    });
});
