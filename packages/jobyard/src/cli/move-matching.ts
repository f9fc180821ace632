/** A move of all jobs that match a query and were there when the command began. */

import type { Preview } from "@jobyard/core";
import type { ApplyOptions } from "@jobyard/core/adapter";
import type { MoveOptions, MoveSpec } from "./move-spec.ts";
import type { Output } from "./output.ts";
import { createProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { countText, oneLine, plural } from "./text.ts";

export async function moveMatching(
  { board, out }: Session,
  spec: MoveSpec,
  query: string,
  { dryRun, rate }: MoveOptions,
  apply: ApplyOptions,
): Promise<void> {
  const preview = await board.preview(query);
  if (dryRun) {
    if (out.json) out.line(JSON.stringify(preview));
    else printPreview(preview, spec, out);
    return;
  }
  const progress = createProgress(preview.count);
  const interrupted = new AbortController();
  const onInterrupt = (): void => interrupted.abort();
  process.once("SIGINT", onInterrupt);
  const outcome = await board
    .moveMatching(spec.move, query, {
      ...apply,
      upTo: preview.upTo,
      ...(rate !== undefined && { rate }),
      signal: interrupted.signal,
      onProgress: ({ seen }) => progress.show(seen),
    })
    .finally(() => {
      progress.end();
      process.removeListener("SIGINT", onInterrupt);
    });
  const skipped = Object.entries(outcome.skipped).map(([word, n]) => `${n} ${word}`);
  if (out.json) out.line(JSON.stringify({ op: apply.opId, ...outcome, interrupted: interrupted.signal.aborted }));
  else
    out.line(
      `${plural(outcome.done, "job")} ${spec.done}${skipped.length > 0 ? `; skipped: ${skipped.join(", ")}` : ""}`,
    );
  if (interrupted.signal.aborted) {
    out.note(`Stopped after ${plural(outcome.seen, "job")}; the same command goes on with the rest.`);
    process.exitCode = 1;
  }
}

function printPreview(preview: Preview, spec: MoveSpec, out: Output): void {
  const { n } = preview.count;
  out.line(
    `${countText(preview.count)} ${n === 1 && preview.count.exact ? "job matches" : "jobs match"}; those that may be would be ${spec.done}.`,
  );
  for (const [label, facets] of [
    ["by state", preview.byState],
    ["by name", preview.byName],
  ] as const)
    if (facets.length > 0)
      out.line(
        `${label.padEnd(10)}${facets.map((facet) => `${oneLine(facet.value)} ${countText(facet.count)}`).join(", ")}`,
      );
  for (const ref of preview.sample) out.line(`  ${oneLine(`${ref.queue}/${ref.id}`)}`);
}
