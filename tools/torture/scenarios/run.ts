/** Runs one scenario from an empty folder to its verdict. Nothing that it started is left behind. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openYard } from "jobyard";
import type { Backend } from "../backends/backend.ts";
import { TimeLimit, TimeLimitReached } from "../crew/time-limit.ts";
import { openHistory } from "../history/writer.ts";
import type { Figure, Verdict } from "../report/figures.ts";
import { isGood } from "../report/figures.ts";
import type { Progress } from "../report/progress.ts";
import type { Scenario, Sizes } from "./scenario.ts";

export interface RunOptions {
  readonly backend: Backend;
  readonly sizes: Sizes;
  readonly limitMs: number;
  /** Keep the folder, also of a good run. */
  readonly keep: boolean;
  readonly repeat: string;
  readonly progress: Progress;
}

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Verdict> {
  const { backend, sizes, limitMs, keep, repeat, progress } = options;
  const from = performance.now();
  const seconds = (): number => Math.round((performance.now() - from) / 100) / 10;
  const folder = await mkdtemp(join(tmpdir(), `jobyard-torture-${scenario.name}-`));
  const figures: Figure[] = [];
  const clearing: (() => Promise<unknown>)[] = [];
  const atEnd = (clear: () => Promise<unknown>): void => void clearing.unshift(clear);
  let stoppedBy: string | null = null;
  try {
    const small = scenario.store === "small" ? await backend.prepareSmall(folder) : null;
    const store = small ?? (await backend.prepare(folder));
    atEnd(() => store.close());
    const yard = await openYard(store.url);
    atEnd(() => yard.close());
    await scenario.run({
      sizes,
      backend,
      store,
      disk: small?.disk ?? null,
      folder,
      history: openHistory(join(folder, "history"), "run"),
      yard,
      limit: new TimeLimit(limitMs),
      figures,
      tell: (text) => progress.tell(`${scenario.name}  ${text}  ${seconds()} s`),
      atEnd,
    });
  } catch (error) {
    stoppedBy = error instanceof TimeLimitReached ? error.message : textOf(error);
  }
  for (const clear of clearing) await clear().catch((error: unknown) => (stoppedBy ??= textOf(error)));
  progress.close();
  const { name, proves } = scenario;
  const verdict = { scenario: name, proves, backend: backend.name, seed: sizes.seed, figures, stoppedBy, repeat };
  const isKept = keep || !isGood({ ...verdict, seconds: 0, folder });
  if (!isKept) await rm(folder, { recursive: true, force: true });
  return { ...verdict, seconds: seconds(), folder: isKept ? folder : null };
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
