/** `jobyard job <id>` */

import { type AttemptError, type Job, jobJson, phaseOf, printDuration, QueueError } from "@jobyard/core";
import type { Command } from "commander";
import type { Output } from "../output.ts";
import { examples, withYard } from "../session.ts";
import { instant, manyLines, oneLine } from "../text.ts";

/** Longer payloads and results are cut for people; `--json` has them whole. */
const SHOWN_CHARS = 2_000;

export function registerJob(program: Command): void {
  program
    .command("job")
    .argument("<id>", "queue/id, or an id that only one queue has")
    .description("everything about one job")
    .addHelpText("after", examples("job mail/welcome-ada", "job 0198c5de-7a3e-7000-8000-6b1f4c0d9e2a --json"))
    .action((id: string, _options: unknown, command: Command) =>
      withYard(command, async ({ board, out }) => {
        const ref = await board.locate(id);
        const job = await board.job(ref);
        if (job === null) throw new QueueError("JOB_NOT_FOUND", `${ref.queue}/${ref.id}`);
        const now = await board.now();
        if (out.json) out.line(jobJson(job, now));
        else print(job, now, out);
      }),
    );
}

function print(job: Job, now: number, out: Output): void {
  const phase = phaseOf(job, now);
  out.line(`${out.paint("bold", oneLine(`${job.queue}/${job.id}`))}  ${oneLine(job.name)}  ${out.phase(phase)}`);
  for (const [label, value] of facts(job, now))
    if (value !== null) out.line(`${out.paint("dim", label.padEnd(12))}${value}`);
  if (job.errors.length > 0) printErrors(job.errors, now, out);
}

/** In the order of a job's life; `null` is left out. */
const facts = (job: Job, now: number): readonly (readonly [label: string, value: string | null])[] => [
  ["reason", job.reason],
  [
    "attempts",
    `${job.attempt} of ${job.maxAttempts}${job.rescues > 0 ? `, rescued ${job.rescues === 1 ? "once" : `${job.rescues} times`}` : ""}`,
  ],
  ["priority", job.priority === 0 ? null : String(job.priority)],
  ["version", job.version === 1 ? null : String(job.version)],
  ["tags", job.tags.length === 0 ? null : oneLine(job.tags.join(", "))],
  ["group", textOrNull(job.group)],
  ["dedupe key", textOrNull(job.dedupeKey)],
  ["parent", job.parent ? oneLine(`${job.parent.queue}/${job.parent.id}`) : null],
  ["timeout", job.timeoutMs === null ? null : printDuration(job.timeoutMs)],
  ["enqueued", instant(job.createdAt, now)],
  ["runs", job.state === "waiting" ? instant(job.runAt, now) : null],
  ["expires", job.expiresAt === null ? null : instant(job.expiresAt, now)],
  ["started", job.startedAt === null ? null : instant(job.startedAt, now)],
  ["worker", textOrNull(job.worker)],
  ["lease until", job.leaseUntil === null ? null : instant(job.leaseUntil, now)],
  ["cancel", job.cancelRequested ? "requested" : null],
  ["finished", job.finishedAt === null ? null : instant(job.finishedAt, now)],
  ["payload", shown(job.payload)],
  ["progress", job.progress === null ? null : shown(job.progress)],
  ["result", job.result === null ? null : shown(job.result)],
];

const textOrNull = (text: string | null): string | null => (text === null ? null : oneLine(text));

function shown(json: string): string {
  const text = oneLine(json.slice(0, SHOWN_CHARS));
  return json.length <= SHOWN_CHARS
    ? text
    : `${text}… (${json.length.toLocaleString("en")} characters; --json shows all)`;
}

/** All by their message; the newest also with the stack of the handler that threw it. */
function printErrors(errors: readonly AttemptError[], now: number, out: Output): void {
  out.line(out.paint("dim", "errors"));
  for (const error of errors)
    out.line(
      `  attempt ${error.attempt}, ${instant(error.at, now)}: ${out.paint("red", oneLine(error.code))} ${oneLine(error.message)}`,
    );
  const frames = errors
    .at(-1)
    ?.stack?.split("\n")
    .filter((line) => /^\s+at /.test(line));
  if (frames && frames.length > 0) out.line(out.paint("dim", manyLines(frames.join("\n"))));
}
