/** What the command does when somebody looks: on a pseudo-terminal, as `script` of util-linux makes one. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { documents, JOBS, MAIN, type Place, place } from "./jobyard.ts";

const here: Place = await place();
const hasTerminals = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "");

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

interface Screen {
  readonly code: number | null;
  /** stdout and stderr as they came, with what steers the terminal. */
  readonly text: string;
}

/** @param type - keys that are pressed once the screen shows what they wait for */
function onTerminal(
  args: readonly string[],
  {
    env = {},
    type,
  }: { readonly env?: Record<string, string>; readonly type?: { readonly after: RegExp; readonly keys: string } } = {},
): Promise<Screen> {
  const words = [process.execPath, "-C", "@jobyard/source", MAIN, ...args];
  const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const { NO_COLOR: _, ...inherited } = process.env;
  const child = spawn("script", ["-qefc", `stty cols 100; exec ${command}`, "/dev/null"], {
    cwd: here.folder,
    env: { ...inherited, JOBYARD_URL: here.url, TERM: "xterm-256color", ...env },
  });
  running.add(child);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return new Promise((resolve) => {
    let text = "";
    let isTyped = false;
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (!type || isTyped || !type.after.test(text)) return;
      isTyped = true;
      child.stdin.write(type.keys);
    });
    child.once("close", (code) => {
      running.delete(child);
      resolve({ code, text });
    });
  });
}

const BAR = /[█░]{30}/;
const CLEARED = "\r\u001b[K";
/** The red of a dead job. */
const RED = "\u001b[31mdead\u001b[39m";

describe.each(hasTerminals ? ["a terminal"] : [])("on %s", () => {
  const many = here.file("many.ndjson", "1\n".repeat(30_000));

  test("a long file has a bar while it is checked and enqueued, and nothing of it stays", async () => {
    const { code, text } = await onTerminal(["enqueue", "add", "--file", many, "--queue", "bar"]);
    expect(text).toMatch(/checking [\d,]+/);
    expect(text).toMatch(new RegExp(`${BAR.source} [\\d,]+ of 30,000`));
    expect(text).toMatch(new RegExp(`${CLEARED.replace("[", "\\[")}30,000 jobs enqueued\\r\\n$`));
    expect(code).toBe(0);
  });

  test("a move of many has one too, and Ctrl+C says what was done", async () => {
    const { code, text } = await onTerminal(["remove", "--filter", "queue:bar", "--rate", "2000/s"], {
      type: { after: BAR, keys: "\u0003" },
    });
    expect(text).toMatch(/counting [\d,]+/);
    expect(text).toMatch(/ of 30,000/);
    expect(text).toMatch(
      /[\d,]+ jobs removed\r\n.*Stopped after [\d,]+ jobs; the same command goes on with the rest\.\r\n$/,
    );
    expect(code).toBe(1);
    const [left] = (await here.json("queues")).filter(({ queue }) => queue === "bar");
    expect(Number(left?.["depth"])).toBeLessThan(30_000);
    expect(Number(left?.["depth"])).toBeGreaterThan(0);
  });

  test("phases have colours, unless NO_COLOR is set or the terminal is dumb", async () => {
    await here.ok("enqueue", "explode", "1", "--module", JOBS, "--id", "red");
    await here.ok("work", JOBS, "--drain");
    const show = (env: Record<string, string>): Promise<Screen> => onTerminal(["jobs", "state:dead"], { env });
    expect((await show({})).text).toContain(RED);
    expect((await show({ NO_COLOR: "" })).text).toContain(RED);
    expect((await show({ NO_COLOR: "1" })).text).not.toContain("\u001b[");
    expect((await show({ TERM: "dumb" })).text).not.toContain("\u001b[");
  });

  test("a table is cut to the width", async () => {
    const long = JSON.stringify("long ".repeat(60));
    await here.ok("enqueue", "explode", long, "--module", JOBS, "--id", "long");
    await here.ok("work", JOBS, "--drain");
    const { text } = await onTerminal(["jobs", "id:long"], { env: { NO_COLOR: "1" } });
    const lines = text.trimEnd().split("\r\n");
    expect(lines).toHaveLength(2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines[1]).toMatch(/…$/);
  });

  test("Ctrl+C ends a bench, and its store goes", async () => {
    const { code, text } = await onTerminal(["bench", "--time", "30s"], {
      type: { after: /enqueue, one after the other/, keys: "\u0003" },
    });
    expect(text).toMatch(/Stopped before the end\.\r\n$/);
    expect(code).toBe(1);
  });
});

test("without a terminal there is no bar and no colour, and what is piped is whole", async () => {
  const file = here.file("piped.ndjson", "1\n".repeat(2_000));
  const finished = await here.run("enqueue", "add", "--file", file, "--queue", "piped", "--json");
  expect(finished.err).toBe("2,000 jobs enqueued\n");
  expect(documents("enqueue", finished.out)).toHaveLength(2_000);
  const moved = await here.run("cancel", "--filter", "queue:piped", "--json");
  expect(moved.err).toBe("");
  const results = documents("cancel", moved.out);
  expect(results).toHaveLength(2_001);
  expect(results.at(-1)).toMatchObject({ seen: 2_000, done: 2_000, interrupted: false });
});
