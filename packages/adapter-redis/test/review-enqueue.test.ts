/** What is enqueued in one call is sent in portions that the server can take. */

import { newJob } from "@jobyard/core/testing";
import { newPrefix } from "@jobyard/servers";
import { expect, test } from "vitest";
import { adminOf, openAdapter, ownServer } from "./at-work.ts";

test("a call with more text than a server should be given at once is several steps", async () => {
  const { url } = await ownServer();
  const admin = await adminOf({ url });
  const { prefix } = newPrefix(url);
  const { writer, reader } = openAdapter({ url, prefix });
  await writer.enqueue([newJob("first")]);
  await admin.config("RESETSTAT");
  const payload = JSON.stringify("x".repeat(6 * 1_048_576));
  const receipts = await writer.enqueue(["a", "b", "c"].map((id) => newJob(id, { payload })));
  expect(receipts.map(({ outcome, ref }) => `${outcome} ${ref.id}`)).toEqual([
    "accepted a",
    "accepted b",
    "accepted c",
  ]);
  expect(await admin.info("commandstats")).toMatch(/cmdstat_evalsha:calls=2,/);
  const [last] = await reader.get([{ queue: "mail", id: "c" }]);
  expect(last?.payload).toBe(payload);
});
