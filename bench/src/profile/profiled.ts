/** Runs something under V8's sampling profiler. */

import { writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";

const SAMPLE_EVERY_MICROS = 200;

/** @param file - gets the profile, as Chrome's and VS Code's viewers read it */
export async function profiledTo<T>(file: string, work: () => Promise<T>): Promise<T> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_MICROS });
    await session.post("Profiler.start");
    const result = await work();
    const { profile } = await session.post("Profiler.stop");
    await writeFile(file, JSON.stringify(profile));
    return result;
  } finally {
    session.disconnect();
  }
}
