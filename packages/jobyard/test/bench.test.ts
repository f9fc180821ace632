/** `jobyard bench`: what it measures, and that nothing of it stays. */

import { readdirSync } from "node:fs";
import { type Adapter, createYard, QueueError } from "@jobyard/core";
import { memoryAdapter } from "@jobyard/core/memory";
import { describe, expect, test } from "vitest";
import { percentiles, rate, threeDigits } from "../src/cli/bench/figures.ts";
import { MEASURES } from "../src/cli/bench/measures.ts";
import { documents, type Place, place } from "./jobyard.ts";

test("every measure has figures, the store that is named is not touched, and nothing is left", async () => {
  const here: Place = await place({ migrate: false });
  const [report] = await here.json("bench", "--time", "30ms", "--url", `${here.url}?durability=crash`);
  expect(report).toMatchObject({ backend: "sqlite", durability: "crash", interrupted: false });
  const measures = report?.["measures"] as readonly { measure: string; jobs: number; perSecond: number | null }[];
  expect(measures.map(({ measure }) => measure)).toEqual(MEASURES.map(({ name }) => name));
  for (const { measure, jobs, perSecond } of measures) {
    expect(jobs, measure).toBeGreaterThan(0);
    if (perSecond !== null) expect(perSecond, measure).toBeGreaterThan(0);
  }
  expect(readdirSync(here.folder)).toEqual([]);
});

test("for people it is a table", async () => {
  const here = await place();
  const out = await here.ok("bench", "--time", "10ms");
  expect(out).toMatch(/^sqlite, durability "power", beside sqlite:.*\nMEASURE +JOBS +JOBS\/S +P50 MS +P99 MS\n/);
  expect(out.trimEnd().split("\n")).toHaveLength(2 + MEASURES.length);
});

test("in memory a second connection would see another store, so nothing waits for it", async () => {
  const here = await place({ migrate: false });
  const [report] = await here.json("bench", "--time", "10ms", "--url", "sqlite::memory:");
  const measures = report?.["measures"] as readonly { measure: string }[];
  expect(measures.map(({ measure }) => measure)).toEqual(
    MEASURES.filter(({ acrossConnections }) => !acrossConnections).map(({ name }) => name),
  );
});

describe("what goes wrong in the middle", () => {
  const measure = (name: string, adapter: Adapter, signal: AbortSignal): Promise<unknown> => {
    const yard = createYard({ adapter });
    return (
      MEASURES.find((one) => one.name === name)?.run({ yard, another: yard, timeMs: 60_000, signal }) ?? fail(name)
    );
  };
  const fail = (name: string): never => expect.unreachable(`there is no measure ${name}`);

  test("Ctrl+C while jobs are made for a drain", async () => {
    const memory = memoryAdapter();
    const stop = new AbortController();
    let made = 0;
    const adapter: Adapter = {
      ...memory,
      writer: {
        enqueue: (jobs, options) => {
          made += jobs.length;
          // The first 500 tell how many are needed for the time: by then it is hundreds of thousands.
          if (made > 500) stop.abort();
          return memory.writer.enqueue(jobs, options);
        },
      },
    };
    await measure("drain, concurrency 100", adapter, stop.signal);
    expect(made).toBe(1_500);
  });

  test.each(["idle worker wakes, same process", "drain, concurrency 1"])("a worker that fails: %s", async (name) => {
    const memory = memoryAdapter();
    let claims = 0;
    const claim: Adapter["leaser"]["claim"] = async (request) => {
      claims += 1;
      if (claims > 1) throw new QueueError("STORE_UNAVAILABLE", "gone");
      return memory.leaser.claim(request);
    };
    const adapter: Adapter = { ...memory, leaser: { ...memory.leaser, claim } };
    await expect(measure(name, adapter, new AbortController().signal)).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
  });

  test("Ctrl+C while a job waits for a worker", async () => {
    const memory = memoryAdapter();
    const stop = new AbortController();
    const adapter: Adapter = {
      ...memory,
      writer: {
        enqueue: async (jobs, options) => {
          stop.abort();
          return memory.writer.enqueue(
            jobs.map((job) => ({ ...job, start: { delayMs: 3_600_000 } })),
            options,
          );
        },
      },
    };
    expect(await measure("idle worker wakes, same process", adapter, stop.signal)).toMatchObject({ jobs: 0 });
  });
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends it with what was measured, and nothing is left",
  async (signal) => {
    const here = await place({ migrate: false });
    const benching = here.start("bench", "--time", "20s", "--json");
    await expect.poll(() => readdirSync(here.folder).length, { timeout: 15_000 }).toBeGreaterThan(0);
    benching.kill(signal);
    const { code, out } = await benching.finished;
    expect(code).toBe(1);
    expect(documents("bench", out)).toMatchObject([{ interrupted: true }]);
    expect(readdirSync(here.folder)).toEqual([]);
  },
);

test("figures", () => {
  const times = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect(percentiles(times)).toEqual({ p50Ms: 50, p99Ms: 99 });
  expect(percentiles([7.00049])).toEqual({ p50Ms: 7, p99Ms: 7 });
  expect(percentiles([])).toEqual({ p50Ms: null, p99Ms: null });
  expect(rate(0, 0)).toBe(0);
  expect(rate(3, 1_500)).toBe(2);
  expect([123_456, 4.5678, 0.012345].map(threeDigits)).toEqual(["123,000", "4.57", "0.0123"]);
});
