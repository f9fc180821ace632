/** `jobyard events <id>` */

import { type Board, eventJson, isFinal, type JobEvent, type JobRef, QueueError } from "@jobyard/core";
import type { Command } from "commander";
import type { Output } from "../output.ts";
import { isListening } from "../pipes.ts";
import { examples, withYard } from "../session.ts";
import { oneLine } from "../text.ts";

const PAGE = 200;
/** While following: hints come sooner, but a hint may be missed. */
const LOOK_AGAIN_MS = 1_000;

export function registerEvents(program: Command): void {
  program
    .command("events")
    .argument("<id>", "queue/id, or an id that only one queue has")
    .description("what happened to a job, oldest first")
    .option("-f, --follow", "go on until the job is completed, dead or cancelled")
    .addHelpText("after", examples("events mail/welcome-ada", "events mail/welcome-ada --follow --json"))
    .action((id: string, options: { readonly follow?: boolean }, command: Command) =>
      withYard(command, async ({ board, out }) => {
        const ref = await board.locate(id);
        const last = await printAfter(board, ref, 0, out);
        if (last === null) throw new QueueError("JOB_NOT_FOUND", `${ref.queue}/${ref.id}`);
        if (options.follow) await follow(board, ref, last, out);
      }),
    );
}

/** The number of the last event that was printed; `null` if there is no such job. */
async function printAfter(board: Board, ref: JobRef, after: number, out: Output): Promise<number | null> {
  let last = after;
  for (;;) {
    const events = await board.events(ref, last, PAGE);
    if (events === null) return null;
    for (const event of events) out.line(out.json ? eventJson(event) : eventLine(event, out));
    last = events.at(-1)?.seq ?? last;
    if (events.length < PAGE) return last;
  }
}

/** Ends when the job is final and told to its end, or was removed, or nobody listens any more. */
async function follow(board: Board, ref: JobRef, from: number, out: Output): Promise<void> {
  const hints = new Bell();
  const unwatch = board.watch(() => hints.ring());
  try {
    let last: number | null = from;
    while (last !== null && isListening()) {
      const job = await board.job(ref);
      last = await printAfter(board, ref, last, out);
      if (job === null || (isFinal(job.state) && job.seq <= (last ?? 0))) return;
      await hints.heard(LOOK_AGAIN_MS);
    }
  } finally {
    unwatch();
  }
}

/** Remembers a ring that nobody was waiting for. */
class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async heard(withinMs: number): Promise<void> {
    if (!this.#rung)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.#rung = false;
    this.#wake = null;
  }
}

const eventLine = ({ seq, at, kind, data }: JobEvent, out: Output): string =>
  `${out.paint("dim", `${String(seq).padStart(3)}  ${new Date(at).toISOString()}`)}  ${oneLine(kind)}${data === null ? "" : `  ${oneLine(data)}`}`;
