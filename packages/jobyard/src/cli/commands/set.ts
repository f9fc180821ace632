/** `jobyard set <queue>`: what is set for a queue as a whole. */

import { QueueError, type QueueSettings, RETAINED_STATES, type RetentionOption } from "@jobyard/core";
import type { Command } from "commander";
import { wholeNumber } from "../options.ts";
import type { Output } from "../output.ts";
import { FOREVER, keep, retentionText } from "../retention.ts";
import { ACTOR, examples, type Session, withYard } from "../session.ts";

interface Options {
  readonly maxSize?: number | typeof NO_BOUND;
  readonly keepCompleted?: RetentionOption;
  readonly keepDead?: RetentionOption;
  readonly keepCancelled?: RetentionOption;
}

const NO_BOUND = "none";
const BOUNDS = `7d (age), 100000 (number), 500mb (size), several with commas, or ${FOREVER}`;

export function registerSet(program: Command): void {
  program
    .command("set")
    .argument("<queue>")
    .description("change the settings of a queue, and show them; without options only show them")
    .option("--max-size <n>", `refuse more open jobs than that; ${NO_BOUND} takes the bound away`, maxSize)
    .option("--keep-completed <bounds>", `how much stays of completed jobs: ${BOUNDS}`, keep("--keep-completed"))
    .option("--keep-dead <bounds>", "the same for dead jobs", keep("--keep-dead"))
    .option("--keep-cancelled <bounds>", "the same for cancelled jobs", keep("--keep-cancelled"))
    .addHelpText(
      "after",
      examples(
        "set mail",
        "set mail --max-size 50",
        "set mail --keep-completed 7d,100000,500mb --keep-dead forever",
        `set mail --max-size ${NO_BOUND}`,
      ),
    )
    .action((queue: string, options: Options, command: Command) =>
      withYard(command, (session) => set(session, queue, options)),
    );
}

async function set({ board, out }: Session, queue: string, options: Options): Promise<void> {
  const info = await board.queue(queue);
  const change = changeOf(options);
  const settings = change === null ? info.settings : await board.configure(queue, change, { actor: ACTOR });
  if (out.json) out.line(JSON.stringify({ queue, ...settings }));
  else print(settings, out);
  if (change === null) return;
  const isUnknown = info.depth === 0 && Object.values(info.counts).every(({ n }) => n === 0);
  if (isUnknown) out.note(`note: there are no jobs in a queue "${queue}". Check the spelling.`);
}

/** `null` if nothing is to be changed. */
function changeOf({ maxSize: bound, keepCompleted, keepDead, keepCancelled }: Options): Change | null {
  const retention = {
    ...(keepCompleted !== undefined && { completed: keepCompleted }),
    ...(keepDead !== undefined && { dead: keepDead }),
    ...(keepCancelled !== undefined && { cancelled: keepCancelled }),
  };
  const change = {
    ...(bound !== undefined && { maxSize: bound === NO_BOUND ? null : bound }),
    ...(Object.keys(retention).length > 0 && { retention }),
  };
  return Object.keys(change).length > 0 ? change : null;
}
type Change = Parameters<Session["board"]["configure"]>[1];

function maxSize(value: string): number | typeof NO_BOUND {
  if (value === NO_BOUND) return NO_BOUND;
  try {
    return wholeNumber("--max-size", 1)(value);
  } catch (cause) {
    throw new QueueError(
      "BAD_OPTION",
      `--max-size must be a whole number from 1 on, or ${NO_BOUND}; found ${JSON.stringify(value)}`,
      {
        field: "--max-size",
        cause,
      },
    );
  }
}

/** Each line is a flag that would set what it shows. */
function print({ maxSize: bound, retention }: QueueSettings, out: Output): void {
  const rows = [
    ["--max-size", bound === null ? NO_BOUND : String(bound)],
    ...RETAINED_STATES.map((state) => [`--keep-${state}`, retentionText(retention[state])]),
  ] as const;
  out.table(rows, [
    { title: "SETTING", cell: ([flag]) => flag ?? "" },
    { title: "VALUE", cell: ([, value]) => value ?? "" },
  ]);
}
