/** The producer: watches the inbox and enqueues the first stage of every new file. Work is done by workers, elsewhere. */

import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_URL, errorText, exitCodeOf, openYard, stopSignal } from "jobyard";
import { DocumentError } from "./errors.ts";
import { createIntake, type Intake, unsupportedText } from "./inbox/intake.ts";
import { readableName } from "./inbox/names.ts";
import { statOrNull } from "./inbox/stat.ts";
import { watchFolder } from "./inbox/watch.ts";
import { readSettings } from "./settings.ts";
import { openStore } from "./store.ts";

const SAMPLES = join(import.meta.dirname, "../samples");

try {
  await run();
} catch (error) {
  process.stderr.write(errorText(error));
  process.exitCode = exitCodeOf(error);
}

async function run(): Promise<void> {
  const { dataFolder, inbox } = readSettings(process.env);
  const asked = stopSignal();
  const yard = await openYard(process.env["JOBYARD_URL"] ?? DEFAULT_URL);
  const store = openStore(dataFolder);
  try {
    const copied = await fillAtFirstStart(inbox);
    if (copied > 0) say(`copied ${copied} sample files`);
    const intake = createIntake(inbox, store, yard);
    const resumed = await intake.resume();
    if (resumed > 0) say(`enqueued ${resumed} documents that the last run had no time for`);
    const watch = await watchFolder({ folder: inbox, onFile: (name) => takeIn(intake, name), onError: complain });
    say(`watching ${inbox}`);
    await asked;
    await watch.close();
  } finally {
    await yard.close();
    store.close();
  }
}

/** The samples go where there was no inbox yet: what a person removed stays removed. */
async function fillAtFirstStart(inbox: string): Promise<number> {
  if (await statOrNull(inbox)) return 0;
  await mkdir(inbox, { recursive: true });
  const names = await readdir(SAMPLES);
  for (const name of names) await copyFile(join(SAMPLES, name), join(inbox, name));
  return names.length;
}

async function takeIn(intake: Intake, fileName: string): Promise<"done" | "again"> {
  try {
    const became = await intake.take(fileName);
    if (became === "queued") say(`${readableName(fileName)} is on its way`);
    if (became === "unsupported") say(unsupportedText(fileName));
    return "done";
  } catch (error) {
    // The file's own fault: said once, and looked at again when it changes.
    if (!(error instanceof DocumentError)) throw error;
    complain(error, `taking in ${readableName(fileName)}`);
    return error.code === "FILE_CHANGED" ? "again" : "done";
  }
}

function say(text: string): void {
  process.stdout.write(`inbox: ${text}\n`);
}

function complain(error: unknown, doing: string): void {
  process.stderr.write(`inbox: ${doing}: ${error instanceof Error ? error.message : String(error)}\n`);
}
