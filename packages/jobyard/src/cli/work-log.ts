/** What `jobyard work` tells while it runs: a line per fact, or the same as JSON, with the event names of the worker's log. */

import type { HookJob, Hooks } from "@jobyard/core";
import { errorText } from "../error-text.ts";
import type { Output, Style } from "./output.ts";
import { oneLine, span } from "./text.ts";

export function workHooks(out: Output): Hooks {
  const say = (event: string, style: Style, job: HookJob, facts: Record<string, unknown>, words: string): void => {
    const { queue, id, name, attempt, maxAttempts } = job;
    if (out.json) {
      out.line(JSON.stringify({ event, queue, id, name, attempt, maxAttempts, ...facts }));
      return;
    }
    const label = out.paint(style, (/^job\.([a-z]+)/.exec(event)?.[1] ?? event).padEnd(9));
    out.line(
      `${label} ${oneLine(`${queue}/${id} ${name}`)} ${out.paint("dim", `attempt ${attempt} of ${maxAttempts}`)}${words}`,
    );
  };
  return {
    onJobStart: (job) => say("job.started", "cyan", job, {}, ""),
    onJobCompleted: (job, { durationMs }) => say("job.completed", "green", job, { durationMs }, ` ${span(durationMs)}`),
    onJobFailed: (job, { durationMs, error, retryInMs }) => {
      const { code, message } = error;
      const next = retryInMs === null ? "" : `; again in ${span(retryInMs)}`;
      say(
        "job.failed",
        "yellow",
        job,
        { durationMs, error: { code, message }, retryInMs },
        ` ${oneLine(`${code}: ${message}`)}${next}`,
      );
    },
    onDead: (job, { error }) =>
      say("job.dead_letter", "red", job, { error: { code: error.code, message: error.message } }, ""),
    onRescue: ({ jobs }) =>
      out.note(`rescued from a lost worker: ${jobs.map((ref) => `${ref.queue}/${ref.id}`).join(", ")}`),
    onError: (error, doing) => {
      process.stderr.write(`${oneLine(doing)}: ${errorText(error)}`);
    },
  };
}
