/** Plays all turns one after the other: what runs beside a round would be measured with it. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Site } from "./backend.ts";
import { METRICS } from "./metrics.ts";
import type { Options } from "./options.ts";
import type { Turn } from "./plan.ts";
import { type Played, playedAs } from "./result.ts";
import { playRound } from "./round.ts";

const PROFILES = fileURLToPath(new URL("../.data/", import.meta.url));

export const profileOf = ({ scenario, contender, round }: Pick<Played, "scenario" | "contender" | "round">): string =>
  join(PROFILES, `${scenario}-${contender}-${round}.cpuprofile`);

export interface RunOptions extends Pick<Options, "backend" | "profile"> {
  readonly site: Site;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** A round that fails is told and kept as failed; the others are played all the same. */
export async function play(turns: readonly Turn[], options: RunOptions): Promise<readonly Played[]> {
  const { signal, onProgress } = options;
  if (options.profile) await mkdir(PROFILES, { recursive: true });
  const played: Played[] = [];
  for (const turn of turns) {
    signal.throwIfAborted();
    const name = `${played.length + 1}/${turns.length}  round ${turn.round}  ${turn.scenario.name}  ${turn.contender.name}`;
    onProgress(name);
    const one = await playOne(turn, options);
    played.push(one);
    onProgress(`${name}  ${one.error === null ? firstFigure(turn, one) : `FAILED: ${one.error}`}\n`);
  }
  return played;
}

async function playOne(turn: Turn, { backend, profile, site, signal }: RunOptions): Promise<Played> {
  const { store, remove } = await site.makeStore(turn.scenario.logged ?? false);
  const unplayed = playedAs(turn, {}, null);
  const spec = { ...unplayed, backend: backend.name, store, profile: profile ? profileOf(unplayed) : null };
  try {
    return playedAs(turn, await playRound(spec, turn.scenario.limitMs, signal), null);
  } catch (error) {
    if (signal.aborted) throw error;
    return playedAs(turn, {}, error instanceof Error ? error.message : String(error));
  } finally {
    await remove();
  }
}

function firstFigure({ scenario, jobs }: Turn, { measures }: Played): string {
  const [metric] = scenario.metrics;
  return `${(measures[metric] ?? Number.NaN).toFixed(METRICS[metric].digits)} ${METRICS[metric].unit} (${jobs} jobs)`;
}
