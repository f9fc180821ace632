/** A bench on a server, ended by hand. */

import { expect } from "vitest";
import { documents, type Place } from "./jobyard.ts";

/** @param scratches - the throw-away stores that are there */
export async function expectNothingLeftByStoppedBench(
  here: Place,
  scratches: () => Promise<readonly string[]>,
): Promise<void> {
  const benching = here.start("bench", "--time", "20s", "--json");
  await expect.poll(scratches, { timeout: 15_000 }).toHaveLength(1);
  benching.kill("SIGINT");
  const { code, out } = await benching.finished;
  expect(code).toBe(1);
  expect(documents("bench", out)).toMatchObject([{ interrupted: true }]);
  expect(await scratches()).toEqual([]);
}
