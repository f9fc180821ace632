/** `pnpm bench`: reads the options, plays the rounds, prints what they came to. */

import { nowMs } from "./clock.ts";
import type { Contender } from "./contender.ts";
import { folderFor } from "./file-system.ts";
import { judged } from "./goals.ts";
import { type Facts, machineFacts } from "./machine.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { planned } from "./plan.ts";
import { hotSpots } from "./profile/hot-spots.ts";
import { jsonOf } from "./report/json.ts";
import { writeReadme } from "./report/readme.ts";
import { type Run, reportOf } from "./report/report.ts";
import type { Place } from "./result.ts";
import { play, profileOf } from "./run.ts";
import { UsageError } from "./usage-error.ts";
import { versionOf } from "./versions.ts";

const stopped = new AbortController();
// Each time, not once: whoever sends it to a whole group of processes sends it twice, and a server is to be stopped.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopped.abort());

try {
  const options = readOptions(process.argv.slice(2));
  process.exitCode = options.help ? showHelp() : await bench(options);
} catch (error) {
  if (!(error instanceof UsageError) && !stopped.signal.aborted) throw error;
  console.error(stopped.signal.aborted ? "stopped." : `error: ${(error as Error).message}`);
  process.exitCode = stopped.signal.aborted ? 130 : 2;
}

function showHelp(): number {
  console.log(HELP);
  return 0;
}

async function bench(options: Options): Promise<number> {
  const run = await measured(options);
  console.log(options.output === "json" ? jsonOf(run) : reportOf(run));
  if (options.profile)
    for (const one of run.played) if (one.error === null) console.log(await hotSpots(profileOf(one)));

  const failed = run.played.filter(({ error }) => error !== null).length;
  const missed = options.checkGoals ? run.verdicts.filter(({ reached }) => !reached).length : 0;
  if (failed > 0) console.error(`${failed} rounds FAILED.${options.writeReadme ? " The README stays as it is." : ""}`);
  else if (options.writeReadme) await writeReadme(options.backend.name, reportOf(run));
  if (missed > 0) console.error(`${missed} goals were missed.`);
  return failed + missed === 0 ? 0 : 1;
}

async function measured(options: Options): Promise<Run> {
  const { backend, contenders, scenarios, rounds } = options;
  const turns = planned(options);
  const isPlayed = (place: Place): boolean =>
    turns.some(({ scenario, contender }) => scenario.name === place.scenario && contender.name === place.contender);
  const goals = backend.goals.filter(({ ours, theirs }) => [ours, ...theirs].every(isPlayed));
  if (options.checkGoals && goals.length === 0)
    throw new UsageError("--check-goals: what was asked for is not enough for any goal.");
  const machine = machineFacts();
  const site = await backend.open(await folderFor(options.dir), Math.max(...turns.map(({ jobs }) => jobs)));
  try {
    const startedAt = nowMs();
    const played = await play(turns, { ...options, site, signal: stopped.signal, onProgress: showProgress });
    const took = `${((nowMs() - startedAt) / 60_000).toFixed(1)} minutes`;
    return {
      facts: { ...machine, ...site.facts, ...versionsOf(contenders), took },
      scenarios,
      contenders,
      rounds,
      whole: !options.quick && options.jobs === null,
      played,
      verdicts: judged(goals, played),
    };
  } finally {
    await site.close();
  }
}

function versionsOf(contenders: readonly Contender[]): Facts {
  const packages = contenders.flatMap((contender) => contender.packages);
  return Object.fromEntries(packages.map((name) => [name, versionOf(name)]));
}

/** One line that is overwritten until it is done; where nobody watches, only the lines that are done. */
function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (line.endsWith("\n")) process.stderr.write(line);
}
