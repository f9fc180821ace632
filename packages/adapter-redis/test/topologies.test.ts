/** Sentinels and a cluster: found by what the URL says, left when they fail over, listened to on any node. */

import { connectRedis, type RedisCluster, startRedisCluster, startRedisSentinels } from "@jobyard/servers";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type RunnableScript, scriptRunner } from "../src/bullmq.ts";
import { type Connections, newConnections } from "../src/connections.ts";
import { checkedOptions, type RedisOptions } from "../src/options.ts";
import { outcome, until } from "./links.ts";

const add: RunnableScript = { name: "add", lua: "return redis.call('INCR', KEYS[1] .. 'counter')" };
const tell: RunnableScript = { name: "tell", lua: "return redis.call('PUBLISH', KEYS[1] .. 'hints', ARGV[1])" };

interface Opened {
  readonly connections: Connections;
  readonly messages: string[];
  add(): Promise<number>;
  began(): number;
}

function open(options: RedisOptions): Opened {
  const checked = checkedOptions(options);
  const root = `${checked.prefix}::`;
  const messages: string[] = [];
  let began = 0;
  const connections = newConnections(checked, {
    channels: [`${root}hints`],
    onMessage: (_, payload) => messages.push(payload),
    onHearing: () => {
      began += 1;
    },
  });
  onTestFinished(() => connections.close());
  const { calls } = connections;
  return {
    ...{ connections, messages, began: () => began },
    add: async () => Number(await calls.run("may write", (client) => scriptRunner(client).run(add, [root], []))),
  };
}

const publish = ({ connections }: Opened, root: string, payload: string): Promise<unknown> =>
  connections.calls.run("may write", (client) => scriptRunner(client).run(tell, [root], [payload]));

describe("sentinels", () => {
  test("say where the primary is, also after it is another one", async () => {
    const trio = await startRedisSentinels({ requirepass: "op3n" });
    onTestFinished(() => trio.stop());
    const hosts = trio.sentinels.map(({ port }) => `127.0.0.1:${port}`);
    const opened = open({ url: `redis+sentinel://:op3n@${hosts.join(",")}/${trio.name}/0`, callTimeoutMs: 3_000 });
    await opened.connections.subscriber.tried();
    for (let count = 1; count <= 10; count++) expect(await opened.add()).toBe(count);
    await trio.master.crash();
    const answers: unknown[] = [];
    await until("the replica has taken over", async () => {
      answers.push(await outcome(opened.add()));
      return typeof answers.at(-1) === "number";
    });
    expect(answers.slice(0, -1).every((answer) => answer === "STORE_UNAVAILABLE")).toBe(true);
    const replica = await connectRedis(trio.replica.url);
    onTestFinished(() => replica.disconnect());
    expect(Number(await replica.get("bull::counter"))).toBe(answers.at(-1));
    await until("it hears again", () => opened.began() > 1);
    await publish(opened, "bull::", "from the new one");
    await until("it has heard", () => opened.messages.includes("from the new one"));
  });

  test("that do not answer, or do not know the name, are told", async () => {
    await expect(open({ url: "redis+sentinel://127.0.0.1:1,127.0.0.1:2/main" }).add()).rejects.toThrow(
      /main of 127\.0\.0\.1:1,127\.0\.0\.1:2\/0: All sentinels are unreachable/,
    );
    const trio = await startRedisSentinels({ sentinels: 1 });
    onTestFinished(() => trio.stop());
    const [sentinel] = trio.sentinels;
    const { add: addThere } = open({ sentinels: [`127.0.0.1:${sentinel?.port}`], name: "other" });
    await expect(addThere()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    const own = new Redis({
      sentinels: [{ host: "127.0.0.1", port: sentinel?.port ?? 0 }],
      name: trio.name,
      lazyConnect: true,
    });
    expect(await open({ client: own }).add()).toBe(1);
    expect(own.status).toBe("wait");
  });
});

describe("a cluster", () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  const places = (): readonly string[] => cluster.nodes.map(({ port }) => `127.0.0.1:${port}`);
  const url = (prefix: string): string => `redis+cluster://${places().join(",")}?prefix=${prefix}&callTimeoutMs=3000`;

  test("runs scripts where the keys are, and hears from any node", async () => {
    for (const prefix of ["{a}", "{b}", "{c}", "{d}"]) {
      const opened = open({ url: url(prefix) });
      expect(await Promise.all(Array.from({ length: 20 }, opened.add))).toHaveLength(20);
      expect(await opened.connections.subscriber.tried()).toBe("listening");
      await publish(opened, `${prefix}::`, "hello");
      await until("it has heard", () => opened.messages.includes("hello"));
    }
  });

  test("is found by a client of one's own, which is left alone", async () => {
    const [place = ""] = places();
    const [host = "", port] = place.split(":");
    const own = new Cluster([{ host, port: Number(port) }], { lazyConnect: true });
    expect(await open({ client: own, prefix: "{own}" }).add()).toBe(1);
    expect(await open({ cluster: [place], prefix: "{own}" }).add()).toBe(2);
    expect(own.status).toBe("wait");
  });

  test("a node that ends and comes back: calls fail meanwhile, and none is made twice", async () => {
    const opened = open({ url: url("{e}") });
    await opened.connections.subscriber.tried();
    expect(await opened.add()).toBe(1);
    const slot = await opened.connections.calls.run("only reads", (client) => client.cluster("KEYSLOT", "{e}"));
    const node = cluster.nodes[Math.floor((Number(slot) * 3) / 16_384)];
    if (!node) throw new Error("no node");
    await node.crash();
    expect(["STORE_UNAVAILABLE", "STORE_BUSY"]).toContain(await outcome(opened.add()));
    await node.restart();
    await cluster.untilOk();
    await until("it works", async () => typeof (await outcome(opened.add())) === "number");
    await publish(opened, "{e}::", "again");
    await until("it hears", async () => {
      await publish(opened, "{e}::", "again");
      return opened.messages.includes("again");
    });
  });

  test("a command whose answer was lost is not sent again, to no node", async () => {
    const opened = open({ url: url("{g}") });
    expect(await opened.add()).toBe(1);
    const { calls } = opened.connections;
    const slot = await calls.run("only reads", (client) => client.cluster("KEYSLOT", "{g}"));
    const admin = await connectRedis(cluster.nodes[Math.floor((Number(slot) * 3) / 16_384)]?.url ?? "");
    onTestFinished(() => admin.disconnect());
    const waiting = outcome(calls.run("may write", (client) => client.blpop("{g}:list", 2)));
    await until("it blocks", async () => /blocked_clients:1/.test(await admin.info("clients")));
    await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    expect(await waiting).toBe("STORE_UNAVAILABLE");
    expect(await admin.rpush("{g}:list", "kept")).toBe(1);
    await until("it works", async () => typeof (await outcome(opened.add())) === "number");
    expect(await admin.llen("{g}:list")).toBe(1);
  });

  test("a node that hangs: calls fail within their limit, and work when it goes on", async () => {
    const opened = open({ url: url("{f}"), callTimeoutMs: 700 });
    expect(await opened.add()).toBe(1);
    const slot = await opened.connections.calls.run("only reads", (client) => client.cluster("KEYSLOT", "{f}"));
    const pid = cluster.nodes[Math.floor((Number(slot) * 3) / 16_384)]?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    const began = performance.now();
    const answers = await Promise.all([outcome(opened.add()), outcome(opened.add())]);
    const tookMs = performance.now() - began;
    process.kill(pid, "SIGCONT");
    expect(answers).toEqual(["STORE_UNAVAILABLE", "STORE_UNAVAILABLE"]);
    expect(tookMs).toBeLessThan(2_000);
    await until("it works", async () => typeof (await outcome(opened.add())) === "number");
  });

  test("without its nodes is told", async () => {
    const nobody = open({ url: "redis+cluster://127.0.0.1:1,127.0.0.1:2?prefix={a}", callTimeoutMs: 5_000 });
    await expect(nobody.add()).rejects.toThrow(/127\.0\.0\.1:1,127\.0\.0\.1:2: .*No node of the cluster answers/);
  });
});
