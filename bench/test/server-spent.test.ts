import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { parsedStat, serverCpuMicros } from "../src/backends/postgres-cpu.ts";
import { cpuMicrosIn, logBytesIn, memoryIn } from "../src/backends/redis-cost.ts";
import { memoryMeasures, serverMeasures } from "../src/server-spent.ts";

test("what a server has spent is told per job, as far as it is known", () => {
  const [before, after] = [
    { cpuMicros: 1_000, logBytes: 50 },
    { cpuMicros: 4_000, logBytes: 650 },
  ];
  expect(serverMeasures(before, after, 10)).toEqual({ logBytes: 60, serverMicros: 300 });
  expect(serverMeasures({ ...before, cpuMicros: null }, after, 10)).toEqual({ logBytes: 60 });
  expect(serverMeasures(before, { ...after, logBytes: null }, 10)).toEqual({ serverMicros: 300 });
  expect(serverMeasures(null, after, 10)).toEqual({});
});

test("memory is told per job where the store lies in memory, from nothing on", () => {
  expect(memoryMeasures(0, 5_000, 10)).toEqual({ memoryBytes: 500 });
  expect(memoryMeasures(null, null, 10)).toEqual({});
});

test("CPU times are read from a process whose name has brackets and spaces", () => {
  const rest = Array.from({ length: 35 }, () => "0").join(" ");
  expect(parsedStat(`42 (postgres: a) b) S 7 42 42 0 -1 4194304 9 0 0 0 11 22 33 44 ${rest}`)).toEqual({
    name: "postgres: a) b",
    parent: 7,
    micros: 330_000,
    childMicros: 770_000,
  });
});

test("a process that is no connection of a server here has no server", async () => {
  expect(serverCpuMicros(process.pid)).toBeNull();
  const ended = spawn(process.execPath, ["--version"]);
  await new Promise((resolve) => ended.once("exit", resolve));
  expect(serverCpuMicros(ended.pid ?? 0)).toBeNull();
});

test("Redis tells what it has spent: all its threads and children, its log if it keeps one, its memory", () => {
  const cpu = ["sys:0.25", "user:1.5", "sys_children:0.125", "user_children:0.125", "sys_main_thread:9"];
  const info = (log: string): string =>
    ["# CPU", ...cpu.map((line) => `used_cpu_${line}`), "used_memory_peak:99", "used_memory:42", log].join("\r\n");
  const logged = info("aof_enabled:1\r\naof_current_size:7\r\n");
  expect([cpuMicrosIn(logged), memoryIn(logged), logBytesIn(logged)]).toEqual([2_000_000, 42, 7]);
  expect(logBytesIn(info("aof_enabled:0"))).toBeNull();
  expect(() => logBytesIn("# Server\r\n")).toThrow("aof_enabled");
});
