/** A move of all jobs that match a query and were there when the command began. */

import type { ApplyOptions, BulkProgress, Facet, Preview } from "@jobyard/core";
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
  if (dryRun) return printPreview(preview, spec, out);
  const progress = createProgress(preview.count);
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  process.once("SIGINT", onInterrupt);
  const outcome = await board
    .moveMatching(spec.move, query, {
      ...apply,
      upTo: preview.upTo,
      ...(rate !== undefined && { rate }),
      signal: stop.signal,
      onProgress: ({ seen }) => progress.show(seen),
    })
    .finally(() => {
      progress.end();
      process.removeListener("SIGINT", onInterrupt);
    });
  if (out.json) out.line(JSON.stringify({ op: apply.opId, ...outcome, interrupted: stop.signal.aborted }));
  else out.line(summary(outcome, spec));
  if (!stop.signal.aborted) return;
  out.note(`Stopped after ${plural(outcome.seen, "job")}; the same command goes on with the rest.`);
  process.exitCode = 1;
}

function summary({ done, skipped }: BulkProgress, spec: MoveSpec): string {
  const { requested = 0, ...others } = skipped;
  const rest = Object.entries(others).map(([outcome, n]) => `${n} ${outcome}`);
  return [
    `${plural(done, "job")} ${spec.done}`,
    ...(requested > 0 ? [`${plural(requested, "running job")} asked to stop`] : []),
    ...(rest.length > 0 ? [`skipped: ${rest.join(", ")}`] : []),
  ].join("; ");
}

function printPreview(preview: Preview, spec: MoveSpec, out: Output): void {
  if (out.json) {
    out.line(JSON.stringify(preview));
    return;
  }
  out.line(`Jobs that match: ${countText(preview.count)}. Those whose state allows it would be ${spec.done}.`);
  if (preview.byState.length > 0) out.line(`by state  ${facetsText(preview.byState)}`);
  if (preview.byName.length > 0) out.line(`by name   ${facetsText(preview.byName)}`);
  if (preview.sample.length > 0) out.line("for example");
  for (const ref of preview.sample) out.line(`  ${oneLine(`${ref.queue}/${ref.id}`)}`);
}

const facetsText = (facets: readonly Facet[]): string =>
  facets.map(({ value, count }) => `${oneLine(value)} ${countText(count)}`).join(", ");
