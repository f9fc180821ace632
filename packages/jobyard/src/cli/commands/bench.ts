/** `jobyard bench`: measures this machine and this backend, on a store that is thrown away. */

import { cpus } from "node:os";
import type { Command } from "commander";
import { type Scratch, scratchBeside } from "../../backends.ts";
import { openYard } from "../../open.ts";
import { printableUrl } from "../../url.ts";
import { threeDigits } from "../bench/figures.ts";
import { MEASURES, type Measured } from "../bench/measures.ts";
import { interruptible } from "../interrupt.ts";
import { duration } from "../options.ts";
import type { Output } from "../output.ts";
import { createProgress } from "../progress.ts";
import { examples, outputOf, urlOf } from "../session.ts";
import type { Column } from "../table.ts";

interface Options {
  readonly time: number;
}

export function registerBench(program: Command): void {
  program
    .command("bench")
    .description("measure this machine and backend, on a throw-away store beside the one that --url names")
    .option("--time <duration>", "about how long each of the measures takes", duration("--time"), 1_000)
    .addHelpText(
      "after",
      examples("bench", "bench --url 'sqlite:./data/jobs.db?durability=crash'", "bench --time 5s --json"),
    )
    .action((options: Options, command: Command) => bench(options, command));
}

async function bench({ time }: Options, command: Command): Promise<void> {
  const out = outputOf(command);
  const scratch = await scratchBeside(urlOf(command));
  // Also if a second Ctrl+C ends the process on the spot.
  process.on("exit", () => void scratch.remove());
  try {
    await interruptible(
      async (signal) => {
        const { backend, measured } = await measure(scratch, time, signal);
        const machine = { node: process.versions.node, cpu: cpus()[0]?.model ?? "unknown", cpus: cpus().length };
        const report: Report = {
          at: Date.now(),
          ...backend,
          ...machine,
          interrupted: signal.aborted,
          measures: measured,
        };
        if (out.json) out.line(JSON.stringify(report));
        else print(report, printableUrl(urlOf(command)), out);
        if (!signal.aborted) return;
        out.note("Stopped before the end.");
        process.exitCode = 1;
      },
      ["SIGINT", "SIGTERM", "SIGHUP"],
    );
  } finally {
    await scratch.remove();
  }
}

interface Backend {
  readonly backend: string;
  readonly durability: string;
}

interface Report extends Backend {
  readonly at: number;
  readonly node: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly interrupted: boolean;
  readonly measures: readonly Measured[];
}

async function measure(
  { url, shared }: Scratch,
  timeMs: number,
  signal: AbortSignal,
): Promise<{ readonly backend: Backend; readonly measured: readonly Measured[] }> {
  const yard = await openYard(url, { schema: "migrate" });
  const another = await openYard(url);
  const measures = MEASURES.filter(({ acrossConnections }) => shared || !acrossConnections);
  const measured: Measured[] = [];
  try {
    for (const [index, { name, run }] of measures.entries()) {
      if (signal.aborted) break;
      const progress = createProgress({ total: { n: measures.length, exact: true }, label: name });
      progress.show(index);
      measured.push({ measure: name, ...(await run({ yard, another, timeMs, signal }).finally(progress.end)) });
    }
    const { name, capabilities } = yard.adapter;
    return { backend: { backend: name, durability: capabilities.durability }, measured };
  } finally {
    await another.close();
    await yard.close();
  }
}

function print({ backend, durability, node, cpu, cpus: cores, measures }: Report, url: string, out: Output): void {
  out.line(`${backend}, durability "${durability}", beside ${url}; Node.js ${node}, ${cores} × ${cpu}`);
  out.table(measures, COLUMNS);
}

const number = (n: number | null): string => (n === null ? "" : threeDigits(n));

const COLUMNS: readonly Column<Measured>[] = [
  { title: "MEASURE", cell: ({ measure: name }) => name },
  { title: "JOBS", align: "right", cell: ({ jobs }) => jobs.toLocaleString("en") },
  { title: "JOBS/S", align: "right", cell: ({ perSecond }) => number(perSecond) },
  { title: "P50 MS", align: "right", cell: ({ p50Ms }) => number(p50Ms) },
  { title: "P99 MS", align: "right", cell: ({ p99Ms }) => number(p99Ms) },
];
