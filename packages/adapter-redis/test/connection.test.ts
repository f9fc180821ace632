/** Connections that break, hang, or lead to a server that cannot be used; each on a real one. */

import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inspect, promisify } from "node:util";
import { systemPorts } from "@jobyard/core/adapter";
import { connectRedis, type RedisServer, startProxy, startRedis } from "@jobyard/servers";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Calls } from "../src/calls.ts";
import { COUNTER, openCalls, outcome, until } from "./links.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis({ requirepass: "op3n" });
});
afterAll(() => server.stop());

const unavailable = { name: "QueueError", code: "STORE_UNAVAILABLE" };

const urlWith = (change: (url: URL) => void): string => {
  const url = new URL(server.url);
  change(url);
  return url.href;
};

const admin = async (url: string = server.url): ReturnType<typeof connectRedis> => {
  const client = await connectRedis(url);
  onTestFinished(() => client.disconnect());
  return client;
};

const own = async (options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> => {
  const started = await startRedis(options);
  onTestFinished(() => started.stop());
  return started;
};

describe("a server that lets nobody in", () => {
  test("a wrong password is told, without it, and without the right one", async () => {
    const { add } = openCalls({
      url: urlWith((url) => {
        url.password = "secr3t-and-wrong";
      }),
    });
    const error = await add().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      ...unavailable,
      message: expect.stringMatching(/127\.0\.0\.1:\d+\/0: WRONGPASS.*Check/),
    });
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/secr3t|op3n/);
  });

  test("no password, and a user that there is not", async () => {
    const bare = urlWith((url) => {
      url.password = "";
    });
    await expect(openCalls({ url: bare }).add()).rejects.toMatchObject(unavailable);
    await expect(openCalls({ url: bare }).add()).rejects.toThrow(/NOAUTH/);
    const stranger = urlWith((url) => {
      url.username = "nobody";
    });
    await expect(openCalls({ url: stranger }).add()).rejects.toThrow(/WRONGPASS/);
  });

  test("a database that there is not is told, and no other one is used", async () => {
    const { add } = openCalls({
      url: urlWith((url) => {
        url.pathname = "/99";
      }),
    });
    await expect(add()).rejects.toMatchObject(unavailable);
    await expect(add()).rejects.toThrow(/\/99: ERR DB index is out of range.*Correct the database/);
    await expect(Promise.all(Array.from({ length: 20 }, add))).rejects.toThrow(/out of range/);
    expect(await (await admin()).exists(COUNTER)).toBe(0);
  });

  test("nobody listens on the port, or the host has no such name", async () => {
    const began = performance.now();
    await expect(openCalls({ url: "redis://:secr3t@127.0.0.1:1/0" }).add()).rejects.toThrow(
      /127\.0\.0\.1:1\/0: .*Nobody listens/,
    );
    await expect(openCalls({ url: "redis://:secr3t@no.such.host.invalid/0" }).add()).rejects.toMatchObject(unavailable);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test("a user who may not read INFO gets on, one who may not write is told", async () => {
    const client = await admin();
    await client.call("ACL", "SETUSER", "narrow", "on", ">narrow", "~*", "+get", "+select", "+client");
    const { add, read } = openCalls({
      url: urlWith((url) => {
        url.username = "narrow";
        url.password = "narrow";
      }),
    });
    expect(await read()).toBe(0);
    await expect(add()).rejects.toMatchObject(unavailable);
    await expect(add()).rejects.toThrow(/NOPERM.*ACL SETUSER/);
  });
});

describe("a server that cannot keep what we promise", () => {
  test("may delete jobs: refused with the command to run, and used as soon as it was run", async () => {
    const evicting = await own({ maxmemoryPolicy: "allkeys-lru" });
    const { add } = openCalls({ url: evicting.url });
    await expect(add()).rejects.toMatchObject({ code: "STORE_UNSAFE" });
    const error = await add().catch((thrown: unknown) => thrown);
    const [, command = ""] = /(CONFIG SET maxmemory-policy noeviction)/.exec(String(error)) ?? [];
    const client = await admin(evicting.url);
    expect(await client.exists(COUNTER)).toBe(0);
    await client.call(...(command.split(" ") as [string, ...string[]]));
    await until("it is used", async () => (await outcome(add())) !== "STORE_UNSAFE");
    expect(await client.exists(COUNTER)).toBe(1);
  });

  test("is a replica: refused, and used as soon as it is none any more", async () => {
    const primary = await own();
    const replica = await own({ replicaOf: primary.url });
    const { add } = openCalls({ url: replica.url });
    await expect(add()).rejects.toMatchObject(unavailable);
    await expect(add()).rejects.toThrow(/is a replica of 127\.0\.0\.1/);
    await (await admin(replica.url)).call("REPLICAOF", "NO", "ONE");
    await until("it is used", async () => (await outcome(add())) !== "STORE_UNAVAILABLE");
  });

  test("becomes a replica: the connection is left, and nothing is written twice when it comes back", async () => {
    const one = await own();
    const other = await own();
    const { add, link } = openCalls({ url: one.url });
    expect(await add()).toBe(1);
    const before = link.epoch;
    const client = await admin(one.url);
    await client.call("REPLICAOF", "127.0.0.1", String(other.port));
    await expect(add()).rejects.toMatchObject(unavailable);
    expect(link.epoch).toBeGreaterThan(before);
    await client.call("REPLICAOF", "NO", "ONE");
    await client.set(COUNTER, 1);
    await until("it takes writes", async () => (await outcome(add())) === 2);
  });

  test("has no memory left: told as full, and written to again when there is room", async () => {
    const small = await own();
    const client = await admin(small.url);
    const { add, read } = openCalls({ url: small.url });
    await add();
    await client.config("SET", "maxmemory", "100kb");
    await expect(add()).rejects.toMatchObject({ name: "QueueError", code: "STORE_FULL" });
    await expect(add()).rejects.toThrow(/OOM.*maxmemory/);
    expect(await read()).toBe(1);
    await client.config("SET", "maxmemory", "100mb");
    expect(await add()).toBe(2);
  });

  test("cannot write its data to disk: told, and written to again when it can", async () => {
    const broken = await own({ lines: ["save 3600 1000", "rdbcompression no"] });
    const client = await admin(broken.url);
    const { add } = openCalls({ url: broken.url });
    expect(await add()).toBe(1);
    // Where a file should be there is a folder.
    mkdirSync(join(broken.folder, "dump.rdb"));
    await client.bgsave();
    await until("the save has failed", async () => /rdb_last_bgsave_status:err/.test(await client.info("persistence")));
    await expect(add()).rejects.toMatchObject(unavailable);
    await expect(add()).rejects.toThrow(/MISCONF.*its log/);
    rmSync(join(broken.folder, "dump.rdb"), { recursive: true });
    await client.save();
    expect(await add()).toBe(2);
  });

  test("reads its data: waited for, for a moment", async () => {
    const loading = await own();
    const client = await admin(loading.url);
    for (let key = 0; key < 24; key++) await client.eval(FILL, 0, key);
    await client.save();
    await loading.crash();
    // Microseconds for each key: all of them would take 24 s, if it were not told to hurry.
    const restarted = loading.restart(["key-load-delay 1000", "loading-process-events-interval-bytes 1024"]);
    const hasty = openCalls({ url: loading.url, callTimeoutMs: 300 });
    const said = (): Promise<string> => hasty.add().then(String, String);
    await until("it reads its data", async () => /QueueError.*LOADING.*is starting/.test(await said()));
    const patient = openCalls({ url: loading.url }).add();
    const early = new Redis(loading.url, { enableReadyCheck: false });
    onTestFinished(() => early.disconnect());
    await early.config("SET", "key-load-delay", 0);
    expect(await patient).toBe(1);
    await restarted;
  });
});

describe("a connection that breaks", () => {
  test("CLIENT KILL while nothing runs costs nobody anything", async () => {
    const { add, read } = openCalls({ url: server.url });
    const client = await admin();
    await client.del(COUNTER);
    for (let round = 1; round <= 5; round++) {
      expect(await add()).toBe(round);
      await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      expect(await read()).toBe(round);
    }
  });

  test("a change whose answer was lost is not made again, and the next one is", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const client = await admin();
    await client.del(COUNTER);
    const { calls, add } = openCalls({ url: proxiedUrl(proxy.url) });
    expect(await add()).toBe(1);
    let sent = 0;
    const slow = calls.run("may write", (redis) => {
      sent += 1;
      return redis.eval(SLOW_ADD, 1, COUNTER, "300");
    });
    await until("it was sent", () => sent === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    proxy.cut();
    await expect(slow).rejects.toMatchObject(unavailable);
    await expect(slow).rejects.toThrow(/lost before the answer came/);
    await until("the server has done it once", async () => (await client.get(COUNTER)) === "2");
    expect(await add()).toBe(3);
    expect(sent).toBe(1);
  });

  test("what only reads is read again", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const { calls } = openCalls({ url: proxiedUrl(proxy.url) });
    let sent = 0;
    const slow = calls.run("only reads", (redis) => {
      sent += 1;
      return redis.eval(SLOW_READ, 0, "300");
    });
    await until("it was sent", () => sent === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    proxy.cut();
    expect(await slow).toBe(1);
    expect(sent).toBe(2);
  });

  test("the server is killed and comes back, with calls all the time: none is made twice, none hangs", async () => {
    const mortal = await own({ appendonly: "always" });
    const { add } = openCalls({ url: mortal.url, callTimeoutMs: 5_000 });
    await add();
    let done = 1;
    let unknown = 0;
    let stop = false;
    const callers = Array.from({ length: 8 }, async () => {
      while (!stop) {
        const answer = await outcome(add());
        if (typeof answer === "number") done += 1;
        else {
          expect(answer).toBe("STORE_UNAVAILABLE");
          unknown += 1;
        }
      }
    });
    for (let round = 0; round < 3; round++) {
      const before = done;
      await until("calls are made", () => done > before + 100);
      await mortal.crash();
      const failed = unknown;
      await until("calls fail", () => unknown > failed);
      await mortal.restart();
    }
    const before = done;
    await until("calls are made again", () => done > before + 100);
    stop = true;
    await Promise.all(callers);
    const counted = Number(await (await admin(mortal.url)).get(COUNTER));
    expect(counted).toBeGreaterThanOrEqual(done);
    expect(counted).toBeLessThanOrEqual(done + unknown);
  });
});

describe("a server that does not answer", () => {
  test("calls fail within their limit, and work again when it goes on", async () => {
    const hung = await own();
    const { add, read } = openCalls({ url: hung.url, callTimeoutMs: 700 });
    expect(await add()).toBe(1);
    const pid = hung.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    try {
      const began = performance.now();
      await expect(Promise.all([add(), read(), add()])).rejects.toThrow(/no answer within 700 ms/);
      await expect(add()).rejects.toMatchObject(unavailable);
      await expect(read()).rejects.toMatchObject(unavailable);
      expect(performance.now() - began).toBeLessThan(3_000);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await until("it works", async () => typeof (await outcome(read())) === "number");
    const before = await read();
    expect(await add()).toBe(before + 1);
  });

  test("a connection that was cut off in silence is left after one call", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const { read } = openCalls({ url: proxiedUrl(proxy.url), callTimeoutMs: 500 });
    await read();
    const newest = Math.max(...proxy.connections.map(({ id }) => id));
    proxy.blackhole({ where: ({ id }) => id <= newest });
    const began = performance.now();
    await outcome(read());
    expect(typeof (await outcome(read()))).toBe("number");
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  test("does not keep anybody from closing", async () => {
    const hung = await own();
    const { add, calls } = openCalls({ url: hung.url });
    await add();
    process.kill(hung.pid ?? 0, "SIGSTOP");
    const stuck = add();
    calls.close();
    await expect(stuck).rejects.toMatchObject({ name: "QueueError" });
    process.kill(hung.pid ?? 0, "SIGCONT");
  });
});

test("what was told to have failed is not sent when the connection comes after all", async () => {
  const coming = Promise.withResolvers<never>();
  const link = {
    ...{ open: null, epoch: 0, cut: () => {}, close: () => {} },
    ready: () => coming.promise,
    answering: () => coming.promise,
  };
  const calls = new Calls({ link, ports: systemPorts, callTimeoutMs: 100, place: "nowhere" });
  onTestFinished(() => calls.close());
  let sent = 0;
  const call = calls.run("may write", async () => {
    sent += 1;
  });
  await expect(call).rejects.toThrow(/no answer within 100 ms/);
  coming.resolve(undefined as never);
  await new Promise(setImmediate);
  expect(sent).toBe(0);
});

test("after closing every call fails, and closing again is fine", async () => {
  const { add, calls } = openCalls({ url: server.url });
  await add();
  calls.close();
  calls.close();
  await expect(add()).rejects.toMatchObject({ code: "STORE_CLOSED" });
  const never = openCalls({ url: server.url });
  never.calls.close();
  await expect(never.add()).rejects.toMatchObject({ code: "STORE_CLOSED" });
});

test("certificates are verified", async () => {
  const secure = await own({ tls: true });
  await expect(openCalls({ url: secure.url }).add()).rejects.toMatchObject(unavailable);
  await expect(openCalls({ url: secure.url }).add()).rejects.toThrow(/certificate.*NODE_EXTRA_CA_CERTS/);
  expect(await openCalls({ url: secure.url, ca: secure.certificate?.caFile ?? "" }).add()).toBe(1);
  expect(await openCalls({ url: `${secure.url}?ca=${secure.certificate?.caFile}` }).add()).toBe(2);
  await expect(
    openCalls({ url: secure.url.replace("rediss", "redis"), callTimeoutMs: 2_000 }).add(),
  ).rejects.toMatchObject(unavailable);
  const plain = server.url.replace("redis", "rediss");
  await expect(openCalls({ url: plain, callTimeoutMs: 2_000 }).add()).rejects.toMatchObject(unavailable);
});

test("whom Node was told to trust is trusted", async () => {
  const secure = await own({ tls: true });
  const modules = ["connection", "options"].map((name) => new URL(`../src/${name}.ts`, import.meta.url).href);
  const program = `
    const [{ newLink }, { checkedOptions }] = await Promise.all(${JSON.stringify(modules)}.map((one) => import(one)));
    const link = newLink(checkedOptions({ url: ${JSON.stringify(secure.url)} }), "calls");
    const client = await link.ready();
    console.log(await client.ping());
    link.close();
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@jobyard/source", "--input-type=module", "--eval", program],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: secure.certificate?.caFile ?? "" }, timeout: 20_000 },
  );
  expect(stdout).toBe("PONG\n");
});

/** To the same server, with its password. */
const proxiedUrl = (proxied: string): string =>
  urlWith((url) => {
    url.port = new URL(proxied).port;
  });

const FILL = "for i = 1, 1000 do redis.call('SET', 'key:' .. ARGV[1] .. ':' .. i, i) end";
const SLOW =
  "local t = redis.call('TIME'); local e = t[1]*1000+t[2]/1000+ARGV[1]; repeat t = redis.call('TIME') until t[1]*1000+t[2]/1000 > e;";
const SLOW_ADD = `${SLOW} return redis.call('INCR', KEYS[1])`;
const SLOW_READ = `${SLOW} return 1`;
