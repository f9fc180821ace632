/** Runs one scenario from an empty folder to its verdict. Nothing that it started is left behind. */

import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HistoryReport } from "@jobyard/core/testing";
import { openYard } from "jobyard";
import type { Backend } from "../backends/backend.ts";
import { BrokenOff, TimeLimit } from "../crew/time-limit.ts";
import { openHistory } from "../history/writer.ts";
import { type Figure, isGood, type Verdict } from "../report/figures.ts";
import type { Progress } from "../report/progress.ts";
import { judge } from "./ending.ts";
import { HOLD_ANYWAY } from "./loss-figures.ts";
import type { Scenario, Sizes, Stage } from "./scenario.ts";

export interface RunOptions {
  readonly backend: Backend;
  readonly sizes: Sizes;
  readonly limitMs: number;
  /** Keep the folder, also of a good run. */
  readonly keep: boolean;
  /** The command that does the same again. */
  readonly repeat: string;
  readonly progress: Progress;
  /** Breaks the run off; what it started is cleared away, and what it saw is told. */
  readonly interrupt: AbortSignal;
}

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Verdict> {
  const from = performance.now();
  const seconds = (): number => Math.round((performance.now() - from) / 100) / 10;
  const { backend, sizes, keep, repeat, progress } = options;
  const folder = await mkdtemp(join(tmpdir(), `jobyard-torture-${scenario.name}-`));
  // A server may run under an account of its own, which has to get at its data.
  await chmod(folder, 0o711);
  const tell = (text: string): void => progress.tell(`${scenario.name}  ${text}  ${seconds()} s`);
  const mustHold = backend.isLossy ? HOLD_ANYWAY : null;
  const outcome = { ...(await attempt(scenario, options, folder, tell)), mustHold };
  progress.close();
  const isKept = keep || !isGood(outcome);
  if (!isKept) await rm(folder, { recursive: true, force: true });
  return {
    scenario: scenario.name,
    proves: scenario.proves,
    backend: backend.name,
    seed: sizes.seed,
    seconds: seconds(),
    ...outcome,
    folder: isKept ? folder : null,
    repeat,
  };
}

interface Outcome {
  readonly figures: readonly Figure[];
  readonly report: HistoryReport | null;
  readonly stoppedBy: string | null;
}

async function attempt(
  scenario: Scenario,
  { backend, sizes, limitMs, interrupt }: RunOptions,
  folder: string,
  tell: (text: string) => void,
): Promise<Outcome> {
  const figures: Figure[] = [];
  let report: HistoryReport | null = null;
  let stoppedBy: string | null = null;
  const unlessStopped = async (work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => (stoppedBy ??= reasonOf(error)));
  };

  await unlessStopped(async () => {
    const small = scenario.store === "small" ? await backend.prepareSmall(folder) : null;
    const store = small ?? (await backend.prepare(folder));
    const yard = await openYard(store.url);
    const clearing: (() => Promise<unknown>)[] = [];
    const stage: Stage = {
      sizes,
      backend,
      store,
      disk: small?.disk ?? null,
      folder,
      history: openHistory(join(folder, "history"), "run"),
      yard,
      limit: new TimeLimit(limitMs, interrupt),
      figures,
      tell,
      atEnd: (clear) => void clearing.unshift(clear),
    };
    await unlessStopped(() => scenario.run(stage));
    for (const clear of clearing) await unlessStopped(clear);
    // Also of a run that was broken off: what it left shows what it waited for.
    await unlessStopped(async () => {
      const judged = await judge(stage, scenario.limits(sizes, backend));
      figures.push(...judged.figures);
      report = judged.report;
    });
    await yard.close();
    await store.close();
  });
  return { figures, report, stoppedBy };
}

const reasonOf = (error: unknown): string => {
  if (error instanceof BrokenOff) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};
