/** What a soak is asked to do. */

import { parseArgs } from "node:util";

export interface Plan {
  /** Jobs in all; `null` if time ends it. */
  readonly jobs: number | null;
  /** `null` if the number of jobs ends it. */
  readonly minutes: number | null;
  readonly workers: number;
  /** Completed jobs that retention keeps. */
  readonly keep: number;
  /** Length of the text in each payload. */
  readonly payload: number;
  /** Most jobs that are enqueued and not completed. */
  readonly open: number;
  readonly durability: "power" | "crash";
  /** Seconds between two lines on the way. */
  readonly every: number;
  readonly json: boolean;
}

export const USAGE = `pnpm soak --backend sqlite [--jobs 2000000 | --minutes 60] [--workers 1] [--keep 50000] [--payload 200]
          [--open 5000] [--durability crash|power] [--every 5] [--json]`;

/** @throws Error that names the option */
export function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      backend: { type: "string", default: "sqlite" },
      jobs: { type: "string" },
      minutes: { type: "string" },
      workers: { type: "string", default: "1" },
      keep: { type: "string", default: "50000" },
      payload: { type: "string", default: "200" },
      open: { type: "string", default: "5000" },
      durability: { type: "string", default: "crash" },
      every: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
    },
  });
  const { backend, durability } = values;
  if (backend !== "sqlite") throw new Error(`--backend: ${backend} is not there yet; sqlite is`);
  if (durability !== "power" && durability !== "crash") throw new Error("--durability is power or crash");
  if (values.jobs !== undefined && values.minutes !== undefined) throw new Error("give --jobs or --minutes, not both");
  const minutes = values.minutes === undefined ? null : number(values.minutes, "--minutes", 0.01);
  return {
    jobs: minutes === null ? whole(values.jobs ?? "2000000", "--jobs") : null,
    minutes,
    workers: whole(values.workers, "--workers"),
    keep: whole(values.keep, "--keep"),
    payload: whole(values.payload, "--payload"),
    open: whole(values.open, "--open"),
    durability,
    every: number(values.every, "--every", 0.1),
    json: values.json,
  };
}

function number(text: string, name: string, least: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < least)
    throw new Error(`${name}: ${text} is no number of at least ${least}`);
  return value;
}

function whole(text: string, name: string): number {
  const value = number(text, name, 1);
  if (!Number.isSafeInteger(value)) throw new Error(`${name}: ${text} is no whole number`);
  return value;
}
