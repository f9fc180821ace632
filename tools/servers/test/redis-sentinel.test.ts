import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { connectRedis, startRedisSentinels } from "../src/index.ts";

test("when the master is gone the replica takes its place for a client that asks the sentinels", async () => {
  await using watched = await startRedisSentinels({ requirepass: "secret word" });
  const { name, master, replica } = watched;
  expect(watched.sentinels).toHaveLength(3);
  for (const { port } of watched.sentinels) {
    const sentinel = await connectRedis(`redis://127.0.0.1:${port}`);
    expect(await sentinel.info("sentinel")).toContain(`127.0.0.1:${master.port},slaves=1,sentinels=3`);
    sentinel.disconnect();
  }
  const sentinels = watched.sentinels.map(({ port }) => ({ host: "127.0.0.1", port }));
  const client = new Redis({ sentinels, name, password: "secret word", maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  onTestFinished(() => client.disconnect());
  await client.set("a", "1");
  expect(await client.wait(1, 5_000)).toBe(1);

  expect(await master.crash()).toHaveLength(1);
  await watched.untilMaster(replica);
  expect(await client.get("a")).toBe("1");
  await client.set("a", "2");
});
