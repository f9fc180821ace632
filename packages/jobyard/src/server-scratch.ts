/** A throw-away store on a server that others use too: a place of its own there, which a parameter of the URL names. */

import { randomBytes } from "node:crypto";
import type { Scratch } from "./backends.ts";

/**
 * @param parameter - names the place: a schema, a prefix
 * @param nameFor - a place's name with these letters and digits in it
 * @param drop - removes the place that this URL names
 */
export function serverScratch(
  url: string,
  parameter: string,
  nameFor: (tag: string) => string,
  drop: (scratch: string) => Promise<void>,
): Scratch {
  const [place = "", query] = url.split("?");
  const parameters = new URLSearchParams(query);
  // Process ids alone are no names: other machines use the same server.
  parameters.set(parameter, nameFor(randomBytes(6).toString("hex")));
  const scratch = `${place}?${parameters}`;
  let isRemoved: Promise<void> | null = null;
  return {
    shared: true,
    url: scratch,
    remove: () => {
      isRemoved ??= drop(scratch);
      return isRemoved;
    },
  };
}
