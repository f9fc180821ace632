import { expect, test } from "vitest";
import { startPostgres, startProxy, throwaway } from "../src/index.ts";
import { connected, until } from "./support.ts";

test("only the connection that listens is cut off; the others go on", async () => {
  await using server = await startPostgres({ settings: throwaway });
  await using proxy = await startProxy({
    to: server.url,
    tag: (chunk) => (chunk.includes("LISTEN") ? "listens" : undefined),
  });
  const [listener, sender] = [await connected(proxy.url), await connected(proxy.url)];
  const heard: unknown[] = [];
  listener.on("notification", ({ payload }) => heard.push(payload));
  await listener.query("LISTEN jobs");
  await sender.query("SELECT pg_notify('jobs', 'first')");
  await until("the first is heard", () => heard.length === 1);

  proxy.blackhole({ where: (connection) => connection.tag === "listens" });
  await sender.query("SELECT pg_notify('jobs', 'second')");
  const { rows } = await sender.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'");
  expect(rows).toHaveLength(2);
  expect(heard).toEqual(["first"]);

  const anew = await connected(proxy.url);
  proxy.heal();
  const heardAnew: unknown[] = [];
  anew.on("notification", ({ payload }) => heardAnew.push(payload));
  await anew.query("LISTEN jobs");
  await sender.query("SELECT pg_notify('jobs', 'third')");
  await until("the third is heard", () => heardAnew.length > 0);
  expect(heardAnew).toEqual(["third"]);
  proxy.cut();
});
