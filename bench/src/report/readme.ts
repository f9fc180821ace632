/** Puts the last whole run where readers look for it: between two marks in bench/README.md. */

import { readFile, writeFile } from "node:fs/promises";

const README = new URL("../../README.md", import.meta.url);

/** @throws if the marks of that backend are not there */
export async function writeReadme(backend: string, report: string): Promise<void> {
  await writeFile(README, withReport(await readFile(README, "utf8"), backend, report));
}

export function withReport(text: string, backend: string, report: string): string {
  const [begin, end] = [`<!-- bench:${backend}:begin -->`, `<!-- bench:${backend}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`bench/README.md has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${report}\n\n${text.slice(to)}`;
}
