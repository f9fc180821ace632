/** Moves of all jobs that match a query. */

import { createYard } from "@jobyard/core";
import { memoryAdapter } from "@jobyard/core/memory";
import { afterEach, describe, expect, test } from "vitest";
import { moveMatching } from "../src/cli/move-matching.ts";
import { createOutput } from "../src/cli/output.ts";
import { deadJobs, type Place, place } from "./jobyard.ts";

const here: Place = await place();
const dead = (queue: string, n: number): Promise<readonly string[]> => deadJobs(here, queue, n);

describe("all that match", () => {
  test("are previewed, then moved", async () => {
    await dead("bulk", 12);
    const preview = await here.ok("requeue", "--filter", "queue:bulk state:dead", "--dry-run");
    expect(preview).toMatch(/^Jobs that match: 12\. Of these 12 would be requeued\.$/m);
    expect(preview).toMatch(/^by state +dead 12$/m);
    expect(await here.ok("requeue", "--filter", "queue:bulk state:dead")).toBe("12 jobs requeued\n");
    expect(await here.json("jobs", "queue:bulk state:waiting")).toHaveLength(12);
  });

  test("answer a JSON document per job, and one that says what was skipped", async () => {
    await here.ok("enqueue", "add", "1", "--queue", "skips", "--id", "waits");
    const [id = ""] = await dead("skips", 1);
    const [preview] = await here.json("requeue", "--filter", "queue:skips", "--dry-run");
    expect(await here.ok("requeue", "--filter", "queue:skips", "--dry-run")).toMatch(
      /^Jobs that match: 2\. Of these 1 would/,
    );
    expect(preview).toMatchObject({ dryRun: true, count: { n: 2, exact: true } });
    const [first, second, outcome] = await here.json("requeue", "--filter", "queue:skips");
    expect([first, second].toSorted((a, b) => String(a?.["outcome"]).localeCompare(String(b?.["outcome"])))).toEqual([
      { ref: { queue: "skips", id: id.split("/")[1] }, outcome: "done", state: "waiting" },
      { ref: { queue: "skips", id: "waits" }, outcome: "refused", state: "waiting" },
    ]);
    expect(outcome).toEqual({ op: expect.any(String), seen: 2, done: 1, skipped: { refused: 1 }, interrupted: false });
    expect(await here.json("jobs", `op:${outcome?.["op"]}`)).toMatchObject([{ id: id.split("/")[1] }]);
  });

  test("move no faster than asked", async () => {
    await dead("slowly", 9);
    const before = performance.now();
    await here.ok("remove", "--filter", "queue:slowly", "--rate", "4/s");
    expect(performance.now() - before).toBeGreaterThan(1_900);
    expect(await here.json("jobs", "queue:slowly")).toEqual([]);
  });

  test("stop between two pages at Ctrl+C", async () => {
    await dead("stopped", 40);
    const removing = here.start("remove", "--filter", "queue:stopped", "--rate", "1/s");
    await expect
      .poll(async () => (await here.json("jobs", "queue:stopped")).length, { timeout: 10_000 })
      .toBeLessThan(40);
    removing.kill("SIGINT");
    const { code, out } = await removing.finished;
    expect(code).toBe(1);
    expect(out).toMatch(/^\d+ jobs? removed\n$/);
    expect((await here.json("jobs", "queue:stopped")).length).toBeGreaterThan(20);
  });

  describe("and Ctrl+C", () => {
    const before = process.exitCode;
    afterEach(() => {
      process.exitCode = before;
    });

    /** In this process, so that the signal comes exactly when the first jobs of a page are told. */
    const cancelAll = async (jobs: number): Promise<readonly string[]> => {
      const yard = createYard({ adapter: memoryAdapter() });
      await yard.enqueueRaw(Array.from({ length: jobs }, () => ({ name: "add", payload: "1" })));
      const told: string[] = [];
      const out = {
        ...createOutput({ json: true }),
        note: (text: string) => void told.push(text),
        line: (text: string) => {
          if (told.push(text) === 1) process.emit("SIGINT");
        },
      };
      const spec = { move: "cancel", description: "", done: "cancelled", examples: [] } as const;
      await moveMatching({ yard, board: yard.board, out }, spec, "name:add", {}, { actor: "cli", opId: "op" });
      await yard.close();
      return told;
    };

    test("during the last page comes too late: all was done", async () => {
      expect(JSON.parse((await cancelAll(3)).at(-1) ?? "")).toMatchObject({ seen: 3, done: 3, interrupted: false });
      expect(process.exitCode).toBe(before);
    });

    test("before it is told", async () => {
      const told = await cancelAll(501);
      expect(JSON.parse(told.at(-2) ?? "")).toMatchObject({ seen: 500, done: 500, interrupted: true });
      expect(told.at(-1)).toBe("Stopped after 500 jobs; the same command goes on with the rest.");
      expect(process.exitCode).toBe(1);
    });
  });
});
