/** `jobyard doctor`: what is well with the backend, its queues and its workers, and what to change. */

import { DIAGNOSIS_LEVELS, type Diagnosis, type DiagnosisLevel } from "@jobyard/core";
import type { Command } from "commander";
import { checkNode } from "../../check-node.ts";
import { examineStore } from "../../examine-store.ts";
import { printableUrl } from "../../url.ts";
import type { Output, Style } from "../output.ts";
import { addressed, examples, outputOf, urlOf } from "../session.ts";
import { oneLine } from "../text.ts";

export function registerDoctor(program: Command): void {
  program
    .command("doctor")
    .description("check the backend, the queues and the workers, and say what to change")
    .addHelpText("after", examples("doctor", "doctor --url sqlite:./data/jobs.db", "doctor --json"))
    .action((_options: unknown, command: Command) => doctor(command));
}

async function doctor(command: Command): Promise<void> {
  const out = outputOf(command);
  const told = byLevel((await examine(urlOf(command))).map((one) => withAddress(one, command)));
  if (out.json) for (const one of [...told.values()].flat()) out.line(JSON.stringify(one));
  else print(printableUrl(urlOf(command)), told, out);
  if (told.get("problem")?.length) process.exitCode = 1;
}

const withAddress = (one: Diagnosis, command: Command): Diagnosis =>
  one.fix === undefined ? one : { ...one, fix: addressed(one.fix, command) };

const examine = async (url: string): Promise<readonly Diagnosis[]> => [...(await examineStore(url)), checkNode()];

type ByLevel = ReadonlyMap<DiagnosisLevel, readonly Diagnosis[]>;

const byLevel = (told: readonly Diagnosis[]): ByLevel =>
  new Map(DIAGNOSIS_LEVELS.map((level) => [level, told.filter((one) => one.level === level)]));

const HEADINGS: Readonly<Record<DiagnosisLevel, readonly [title: string, style: Style]>> = {
  problem: ["Problems", "red"],
  advice: ["Advice", "yellow"],
  ok: ["In order", "green"],
};

function print(name: string, told: ByLevel, out: Output): void {
  out.line(out.paint("bold", oneLine(name)));
  for (const [level, found] of told) {
    if (found.length === 0) continue;
    const [title, style] = HEADINGS[level];
    out.line(`\n${out.paint(style, title)}`);
    const width = Math.max(...found.map(({ code }) => code.length));
    for (const { code, text, fix } of found) {
      out.line(`  ${out.paint("dim", code.padEnd(width))}  ${oneLine(text)}`);
      if (fix !== undefined) out.line(`  ${" ".repeat(width)}  → ${oneLine(fix)}`);
    }
  }
}
