/** What tests of the documentation stand on: folders in which the pages' programs run as on a reader's machine. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { codeUnder, scriptFolder, scriptsOf } from "@jobyard/pages";
import { onTestFinished } from "vitest";

const packageFolder = join(import.meta.dirname, "..");
const commandLine = join(packageFolder, "../jobyard/src/cli/main.ts");
const ourSource = ["-C", "@jobyard/source"];

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
  const installed = (name: string): string => join(packageFolder, "node_modules", name);
  const path = await scriptFolder(scriptsOf(page), {
    "@jobyard/core": installed("@jobyard/core"),
    bullmq: installed(bullmq),
    ioredis: installed("ioredis"),
    jobyard: join(packageFolder, "../jobyard"),
    zod: installed("zod"),
  });
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
