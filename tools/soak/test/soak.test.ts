/** A soak of some thousand jobs, with real processes: counts and bytes, never time. */

import { expect, test } from "vitest";
import { planOf } from "../src/plan.ts";
import type { Sample } from "../src/sample.ts";
import { soak } from "../src/soak.ts";

test("every job of two workers ran once, retention left what it should, and the sizes were seen", async () => {
  const samples: Sample[] = [];
  const plan = planOf(["--jobs", "6000", "--workers", "2", "--keep", "700", "--open", "1000", "--payload", "500"]);
  const { findings, quarters } = await soak(plan, (sample) => samples.push(sample));
  const texts = new Map(findings.map(({ promise, kept, text }) => [promise, `${kept}: ${text}`]));
  expect(texts.get("every job that was enqueued ran once")).toBe("true: 6000 enqueued, 6000 runs, the same ones");
  expect(texts.get("nothing is open or dead")).toBe("true: 0 open, 0 dead");
  expect(texts.get("retention keeps what it should")).toBe("true: 700 completed are kept, of at most 700");
  expect(texts.get("the log is bounded")).toMatch(/^true/);
  expect(quarters).toHaveLength(4);
  const last = samples.at(-1);
  expect(last?.processes.map(({ name }) => name)).toEqual(["worker 1", "worker 2", "producer"]);
  for (const { rss, heap } of last?.processes ?? []) expect(rss).toBeGreaterThan(heap);
  expect(last?.log).toBeGreaterThan(0);
});

test("time ends a soak as well, and nothing is left behind", async () => {
  const { findings } = await soak(planOf(["--minutes", "0.03", "--keep", "100", "--open", "500"]));
  const once = findings.find(({ promise }) => promise === "every job that was enqueued ran once");
  expect(once?.text).not.toMatch(/^0 enqueued/);
  expect(once?.kept).toBe(true);
  expect(findings.find(({ promise }) => promise === "nothing is open or dead")?.kept).toBe(true);
});
