/** What is heard of other processes, over connections that break. */

import { connectRedis, type RedisServer, startProxy, startRedis } from "@jobyard/servers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Connections, newConnections } from "../src/connections.ts";
import { checkedOptions } from "../src/options.ts";
import { until } from "./links.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

interface Heard {
  readonly connections: Connections;
  readonly messages: string[];
  /** How often hearing began. */
  began(): number;
}

function open(url: string = server.url, callTimeoutMs = 2_000): Heard {
  const messages: string[] = [];
  let began = 0;
  const connections = newConnections(checkedOptions({ url, callTimeoutMs }), {
    channels: ["bull::hints", "bull::wake"],
    onMessage: (channel, payload) => messages.push(`${channel} ${payload}`),
    onHearing: () => {
      began += 1;
    },
  });
  onTestFinished(() => connections.close());
  return { connections, messages, began: () => began };
}

const admin = async (): ReturnType<typeof connectRedis> => {
  const client = await connectRedis(server.url);
  onTestFinished(() => client.disconnect());
  return client;
};

describe("a subscriber", () => {
  test("is sent only what it asked for, and asks for more on the connection that it has", async () => {
    const client = await admin();
    const { connections, messages, began } = open();
    const { subscriber } = connections;
    const heardBy = async (channel: string): Promise<unknown> => client.publish(`bull::${channel}`, "images");
    subscriber.hear("bull::wake");
    await until("it hears the one", () => began() === 1);
    expect([await heardBy("hints"), await heardBy("wake")]).toEqual([0, 1]);
    subscriber.hear("bull::hints", "bull::wake");
    await until("it hears the other", () => began() === 2);
    expect([await heardBy("hints"), await heardBy("wake")]).toEqual([1, 1]);
    await until("all is heard", () => messages.length === 3);
    await client.call("CLIENT", "KILL", "TYPE", "pubsub");
    await until("it hears both again", () => began() === 3);
    expect([await heardBy("hints"), await heardBy("wake")]).toEqual([1, 1]);
  });

  test("connects when it is first started, and hears both channels", async () => {
    const client = await admin();
    const { connections, messages, began } = open();
    const listeners = async (): Promise<string> => String(await client.client("LIST"));
    expect(await listeners()).not.toContain("jobyard-hints");
    expect(await connections.subscriber.tried()).toBe("listening");
    expect([began(), await listeners()]).toEqual([1, expect.stringContaining("jobyard-hints")]);
    await client.publish("bull::hints", "mails");
    await client.publish("bull::wake", "images");
    await until("both are heard", () => messages.length === 2);
    expect(messages).toEqual(["bull::hints mails", "bull::wake images"]);
  });

  test("that lost its connection subscribes anew, and says that something was missed", async () => {
    const client = await admin();
    const { connections, messages, began } = open();
    await connections.subscriber.tried();
    for (let round = 2; round <= 4; round++) {
      await client.call("CLIENT", "KILL", "TYPE", "pubsub");
      await until("it hears again", () => began() === round);
      await client.publish("bull::hints", `round ${round}`);
      await until("it has heard", () => messages.length === round - 1);
    }
    expect(connections.subscriber.hearing).toBe("listening");
  });

  test("tries until there is a server, and no longer than until it is closed", async () => {
    const mortal = await startRedis();
    onTestFinished(() => mortal.stop());
    await mortal.crash();
    const { connections, began } = open(mortal.url);
    expect(await connections.subscriber.tried()).toBe("connecting");
    await mortal.restart();
    await until("it hears", () => began() === 1);
    await connections.close();
    await connections.close();
    expect(connections.subscriber.hearing).toBe("closed");
  });

  test("that was cut off in silence notices by asking", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const { connections, began } = open(proxy.url);
    await connections.subscriber.tried();
    const newest = Math.max(...proxy.connections.map(({ id }) => id));
    proxy.blackhole({ where: ({ id }) => id <= newest });
    await until("it hears again", () => began() === 2);
  }, 30_000);
});
