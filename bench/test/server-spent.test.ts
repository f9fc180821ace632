import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { parsedStat, serverCpuMicros } from "../src/backends/postgres-cpu.ts";
import { serverMeasures } from "../src/server-spent.ts";

test("what a server has spent is told per job, as far as it is known", () => {
  const [before, after] = [
    { cpuMicros: 1_000, walBytes: 50 },
    { cpuMicros: 4_000, walBytes: 650 },
  ];
  expect(serverMeasures(before, after, 10)).toEqual({ walBytes: 60, serverMicros: 300 });
  expect(serverMeasures({ ...before, cpuMicros: null }, after, 10)).toEqual({ walBytes: 60 });
  expect(serverMeasures(null, after, 10)).toEqual({});
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
