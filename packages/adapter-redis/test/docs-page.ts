/** What tests of the documentation stand on: the pages, their code, and folders in which that runs as on a reader's machine. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";

const docs = join(import.meta.dirname, "../../../docs");
const packageFolder = join(import.meta.dirname, "..");
const commandLine = join(packageFolder, "../jobyard/src/cli/main.ts");
const ourSource = ["-C", "@jobyard/source"];

export const readPage = (name: string): Promise<string> => readFile(join(docs, name), "utf8");

/** The text under a heading, up to the next of its kind or of a higher one. */
export function sectionOf(page: string, heading: string): string {
  const [, level = "##"] = new RegExp(`^(#+) ${heading}$`, "m").exec(page) ?? [];
  const ends = `^#{1,${level.length}} `;
  return new RegExp(`^#+ ${heading}$(.*?)(?=${ends})`, "ms").exec(`${page}\n# `)?.[1] ?? "";
}

/** Code of one language under a heading. */
export const codeUnder = (page: string, heading: string, language: string): readonly string[] =>
  [...sectionOf(page, heading).matchAll(new RegExp(`^\`\`\`${language}$(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );

/** Links to files and headings that are there. */
export function describeLinks(page: string): void {
  describe("what it points to", () => {
    const links = [...page.matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)/g)];
    test.each(links.map(([, path = "", anchor = ""]) => [path, anchor]))("%s%s is there", async (path, anchor) => {
      expect(path === "" || existsSync(join(docs, path))).toBe(true);
      if (anchor === "") return;
      const target = path === "" ? page : await readPage(path);
      const headings = [...target.matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
        text
          .toLowerCase()
          .replaceAll(/[^\w\s-]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(headings).toContain(anchor.slice(1));
    });
  });
}

export interface Desk {
  /** Runs a script of the page to its end. @returns what it printed */
  run(script: string): Promise<string>;
  /** Starts one that goes on; `stop` ends it with SIGTERM, as does the end of the test. */
  start(script: string): { stop(): Promise<void> };
  /** Runs what follows `npx jobyard`. @returns what it printed, also of a command that ended with 1 */
  jobyard(args: string): Promise<string>;
}

/** @param bullmq - the package that programs of the page have as `bullmq` */
export async function openDesk(
  page: string,
  bullmq: "bullmq" | "bullmq5",
  variables: NodeJS.ProcessEnv,
): Promise<Desk> {
  const path = await mkdtemp(join(tmpdir(), "jobyard-docs-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const name of ["@jobyard/core", "ioredis", "zod"])
    await link(join(packageFolder, "node_modules", name), path, name);
  await link(join(packageFolder, "node_modules", bullmq), path, "bullmq");
  await link(join(packageFolder, "../jobyard"), path, "jobyard");
  for (const [, name = "", code = ""] of page.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms))
    await writeFile(join(path, name), code);
  const how = { cwd: path, env: { ...process.env, ...variables } };
  const execute = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [...ourSource, ...args], how)).stdout;
  return {
    run: (script) => execute(script),
    start: (script) => {
      const child = spawn(process.execPath, [...ourSource, script], { ...how, stdio: "inherit" });
      onTestFinished(() => stopped(child, "SIGKILL"));
      return { stop: () => stopped(child, "SIGTERM") };
    },
    jobyard: (args) =>
      execute(commandLine, ...words(args)).catch((error: { readonly code?: unknown; readonly stdout?: string }) => {
        if (error.code !== 1 || !error.stdout) throw error;
        return error.stdout;
      }),
  };
}

async function link(to: string, folder: string, name: string): Promise<void> {
  const from = join(folder, "node_modules", name);
  await mkdir(dirname(from), { recursive: true });
  await symlink(to, from, "dir");
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

/** As a shell takes them apart. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = ""]) => quoted ?? plain);

/** The commands of the page's shell code, without `npx jobyard`. */
export const commandsUnder = (page: string, heading: string): readonly string[] =>
  codeUnder(page, heading, "sh").flatMap((text) =>
    [...text.matchAll(/^npx jobyard (.*)$/gm)].map(([, command = ""]) => command),
  );
