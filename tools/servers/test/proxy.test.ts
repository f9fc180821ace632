import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startProxy, type TcpProxy } from "../src/index.ts";
import { until } from "./support.ts";

const MIB = 1024 * 1024;

let upstream: Server;
/** The server's ends, in the order of their connections. */
let served: Socket[];
let onServed: (socket: Socket) => void;
let proxy: TcpProxy;

const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

beforeEach(async () => {
  served = [];
  onServed = echo;
  upstream = createServer((socket) => {
    served.push(socket);
    socket.on("error", () => undefined);
    onServed(socket);
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const address = upstream.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  proxy = await startProxy({ to: { host: "127.0.0.1", port: address.port } });
});

afterEach(async () => {
  await proxy.stop();
  upstream.close();
});

interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  readonly error: () => unknown;
}

async function client(): Promise<Client> {
  const socket = connect(proxy.port, "127.0.0.1");
  let received = "";
  let error: unknown;
  socket.setEncoding("utf8").on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", (reason) => {
    error = reason;
  });
  await once(socket, "connect");
  return { socket, received: () => received, error: () => error };
}

async function echoed(asking: Client, what: string): Promise<void> {
  asking.socket.write(what);
  await until(`${what} comes back`, () => asking.received().endsWith(what));
}

test("many bytes arrive unchanged in both directions, and the end after them", async () => {
  const sent = randomBytes(20 * MIB);
  const socket = connect(proxy.port, "127.0.0.1");
  const hash = createHash("sha256");
  socket.end(sent);
  for await (const chunk of socket) hash.update(chunk);
  expect(hash.digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
  await until("the connection is forgotten", () => proxy.connections.length === 0);
});

test("an end of the client's half leaves the other open", async () => {
  onServed = (socket) => {
    socket.on("end", () => socket.end("answer"));
    socket.resume();
  };
  upstream.on("connection", (socket) => socket.setNoDelay());
  const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end("question");
  expect(await text(socket)).toBe("answer");
});

test("a side that reads nothing stops the other from sending", async () => {
  onServed = (socket) => socket.pause();
  const { socket } = await client();
  const chunk = Buffer.alloc(MIB);
  let sent = 0;
  while (socket.write(chunk) || (await drained(socket))) {
    sent += 1;
    if (sent > 200) throw new Error("200 MiB were taken for a side that reads none");
  }
  expect(socket.writableLength).toBeGreaterThan(0);
});

async function drained(socket: Socket): Promise<boolean> {
  return (await Promise.race([once(socket, "drain"), sleep(500)])) !== undefined;
}

test("a black hole swallows without a sign, and what it has swallowed stays lost", async () => {
  const [deaf, idle] = [await client(), await client()];
  await echoed(deaf, "before");
  await echoed(idle, "before");
  proxy.blackhole();
  deaf.socket.write("into the hole");
  await until("it is taken", () => deaf.socket.writableLength === 0);
  const late = await client();
  late.socket.write("late");
  await sleep(50);
  expect(served).toHaveLength(2);
  expect([deaf.received(), deaf.error()]).toEqual(["before", undefined]);

  proxy.heal();
  await echoed(idle, "after");
  await echoed(await client(), "new");
  deaf.socket.write("too late");
  await until("it is taken", () => deaf.socket.writableLength === 0);
  expect([deaf.received(), deaf.error(), late.received()]).toEqual(["before", undefined, ""]);
  expect(proxy.connections.map((each) => each.fate)).toEqual(["lose", "pass", "lose", "pass"]);
});

test("the server's bytes fall into the hole too", async () => {
  const listening = await client();
  await echoed(listening, "before");
  proxy.blackhole();
  served[0]?.write("news");
  await sleep(50);
  expect(listening.received()).toBe("before");
});

test("held bytes arrive in order after healing, on old and new connections", async () => {
  const old = await client();
  await echoed(old, "a");
  proxy.blackhole({ bytes: "hold" });
  old.socket.write("b");
  served[0]?.write("c");
  const young = await client();
  young.socket.write("d");
  await sleep(50);
  expect([old.received(), young.received()]).toEqual(["a", ""]);
  proxy.heal();
  await echoed(old, "e");
  expect(old.received()).toMatch(/^a(bc|cb)e$/);
  await until("the new one is served", () => young.received() === "d");
});

test("only the connections that a test names fall in, before what names them goes on", async () => {
  const seen: string[] = [];
  onServed = (socket) => {
    socket.on("data", (chunk) => seen.push(chunk.toString()));
    echo(socket);
  };
  const [named, other] = [await client(), await client()];
  proxy.blackhole({ where: (connection) => connection.firstBytes.includes("LISTEN") });
  await echoed(named, "hello");
  await echoed(other, "hello");
  named.socket.write("LISTEN");
  await until("it is named", () => proxy.connections[0]?.fate === "lose");
  await echoed(other, "again");
  expect(named.received()).toBe("hello");
  expect(seen.join(" ")).not.toContain("LISTEN");
});

test("a reset in a black hole is heard of after healing only", async () => {
  const { socket, error } = await client();
  await until("it is served", () => served.length === 1);
  proxy.blackhole();
  served[0]?.resetAndDestroy();
  await sleep(50);
  expect([error(), socket.destroyed]).toEqual([undefined, false]);
  proxy.heal();
  await until("it is heard of", () => error() !== undefined);
  expect(error()).toMatchObject({ code: "ECONNRESET" });
});

test("cut resets both ends of the chosen connections", async () => {
  const [first, second] = [await client(), await client()];
  await echoed(first, "x");
  await echoed(second, "x");
  const resets: unknown[] = [];
  served[0]?.on("error", (error) => resets.push(error));
  expect(proxy.cut((connection) => connection.id === 1)).toBe(1);
  await until("both ends know", () => first.error() !== undefined && resets.length > 0);
  expect([first.error(), resets[0]]).toEqual([
    expect.objectContaining({ code: "ECONNRESET" }),
    expect.objectContaining({ code: "ECONNRESET" }),
  ]);
  await echoed(second, "y");
});

test("latency is added in each direction, and keeps the order", async () => {
  const slow = await client();
  await echoed(slow, "x");
  proxy.setLatency(60);
  const start = performance.now();
  for (const letter of "abcdef") slow.socket.write(letter);
  await until("all is back", () => slow.received() === "xabcdef");
  expect(performance.now() - start).toBeGreaterThanOrEqual(119);
});

test("with nobody behind it a client is reset", async () => {
  await using lonely = await startProxy({ to: "postgres://127.0.0.1:1/none" });
  const socket = connect(lonely.port, "127.0.0.1");
  await expect(once(socket, "data")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(lonely.url).toBe(`postgres://127.0.0.1:${lonely.port}/none`);
});
