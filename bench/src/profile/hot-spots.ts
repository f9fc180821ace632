/** Where the time of a CPU profile went: by function and by file, the time spent in them and not in what they call. */

import { readFile } from "node:fs/promises";
import type { Profiler } from "node:inspector";
import { basename } from "node:path";
import { table } from "../report/table.ts";

const MOST_FUNCTIONS = 30;
const MOST_FILES = 20;
const CALLERS_OF_NATIVE = 3;

export async function hotSpots(file: string): Promise<string> {
  const profile = JSON.parse(await readFile(file, "utf8")) as Profiler.Profile;
  const times = selfTimes(profile);
  return [
    `${file}`,
    ranking("function", summedBy(times, functionName), MOST_FUNCTIONS),
    ranking("file", summedBy(times, fileName), MOST_FILES),
  ].join("\n\n");
}

interface SelfTime {
  readonly frame: Frame;
  /** Who called it, nearest first. */
  readonly callers: readonly Frame[];
  readonly micros: number;
}

type Frame = Profiler.ProfileNode["callFrame"];

/** A sample tells what ran when it was taken; the time until the next one is booked on it. */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly SelfTime[] {
  const micros = new Map<number, number>();
  samples.forEach((id, index) => {
    micros.set(id, (micros.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0));
  });
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const callersOf = (id: number): readonly Frame[] => {
    const parent = parents.get(id);
    return parent === undefined ? [] : [parent.callFrame, ...callersOf(parent.id)];
  };
  return nodes.map(({ id, callFrame }) => ({ frame: callFrame, callers: callersOf(id), micros: micros.get(id) ?? 0 }));
}

/** Largest first. */
export function summedBy(
  times: readonly SelfTime[],
  key: (time: SelfTime) => string,
): readonly (readonly [name: string, micros: number])[] {
  const sums = new Map<string, number>();
  for (const time of times) sums.set(key(time), (sums.get(key(time)) ?? 0) + time.micros);
  return [...sums].filter(([, micros]) => micros > 0).toSorted(([, one], [, other]) => other - one);
}

function ranking(title: string, sums: readonly (readonly [string, number])[], most: number): string {
  const all = sums.reduce((sum, [, micros]) => sum + micros, 0);
  return table(
    [
      { title: "ms", align: "right" },
      { title: "%", align: "right" },
      { title, align: "left" },
    ],
    sums.slice(0, most).map(([name, micros]) => [(micros / 1_000).toFixed(1), ((100 * micros) / all).toFixed(1), name]),
  );
}

/** A function without a file is native, most likely the database's: who called it says more than V8's guess at its name. */
export const functionName = ({ frame, callers }: SelfTime): string =>
  isNative(frame) ? ["native", ...callers.slice(0, CALLERS_OF_NATIVE).map(nameOf)].join(" ← ") : placed(frame);

const fileName = ({ frame }: SelfTime): string =>
  isNative(frame) ? "native" : frame.url === "" ? frame.functionName : shortened(frame.url);

/** V8 puts its own doings into brackets, like `(garbage collector)`. */
const isNative = ({ functionName: name, url }: Frame): boolean => url === "" && !name.startsWith("(");

const nameOf = ({ functionName: name }: Frame): string => name || "(anonymous)";

const placed = (frame: Frame): string =>
  frame.url === "" ? frame.functionName : `${nameOf(frame)}  ${shortened(frame.url)}:${frame.lineNumber + 1}`;

/** The end of a path tells enough: `yard/coalescer.ts`. */
const shortened = (url: string): string => {
  const parts = url.split("/");
  return parts.length < 3 ? basename(url) : parts.slice(-3).join("/");
};
