/** A move of all jobs that match a query and were there when the command began. */

import { type ApplyOptions, type BulkProgress, type Facet, mayMove, type Preview, type State } from "@jobyard/core";
import { interruptible } from "./interrupt.ts";
import type { MoveOptions, MoveSpec } from "./move-spec.ts";
import type { Output } from "./output.ts";
import { createProgress, showsProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { countText, oneLine, plural } from "./text.ts";

export async function moveMatching(
  session: Session,
  spec: MoveSpec,
  query: string,
  { dryRun, rate }: MoveOptions,
  apply: ApplyOptions,
): Promise<void> {
  await interruptible(async (signal) => {
    // A bar needs to know how many there are; without a terminal nobody waits for that.
    const preview = dryRun || showsProgress() ? await countMatching(session, query, signal) : null;
    if (dryRun && preview) return printPreview(preview, spec, session.out);
    await run(session, spec, query, { ...apply, ...(rate !== undefined && { rate }) }, preview, signal);
  });
}

async function countMatching({ board }: Session, query: string, signal: AbortSignal): Promise<Preview> {
  const progress = createProgress({ total: null, label: "counting" });
  return board.preview(query, { exact: true, signal, onProgress: progress.show }).finally(progress.end);
}

async function run(
  { board, out }: Session,
  spec: MoveSpec,
  query: string,
  apply: ApplyOptions & { readonly rate?: number },
  preview: Preview | null,
  signal: AbortSignal,
): Promise<void> {
  const progress = createProgress({ total: preview?.count ?? null });
  const { reachedEnd, ...outcome } = await board
    .moveMatching(spec.move, query, {
      ...apply,
      upTo: preview?.upTo ?? (await board.now()),
      signal,
      onProgress: ({ seen }) => progress.show(seen),
      ...(out.json && {
        onResults: (results) => {
          for (const result of results) out.line(JSON.stringify(result));
        },
      }),
    })
    .finally(progress.end);
  if (out.json) out.line(JSON.stringify({ op: apply.opId, ...outcome, interrupted: !reachedEnd }));
  else out.line(summary(outcome, spec));
  if (reachedEnd) return;
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
  if (!preview.count.exact) {
    out.note("Stopped while counting.");
    process.exitCode = 1;
  }
  if (out.json) {
    out.line(JSON.stringify({ dryRun: true, ...preview }));
    return;
  }
  out.line(`Jobs that match: ${countText(preview.count)}. ${movableText(preview, spec)}`);
  if (preview.byState.length > 0) out.line(`by state  ${facetsText(preview.byState)}`);
  if (preview.byName.length > 0) out.line(`by name   ${facetsText(preview.byName)}`);
  if (preview.sample.length > 0) out.line("for example");
  for (const ref of preview.sample) out.line(`  ${oneLine(`${ref.queue}/${ref.id}`)}`);
}

/** How many it is about, where every state was counted to its end. */
function movableText({ byState }: Preview, { move, done }: MoveSpec): string {
  if (byState.some(({ count }) => !count.exact)) return `Those whose state allows it would be ${done}.`;
  const movable = byState.filter(({ value }) => mayMove(move, value as State));
  return `Of these ${movable.reduce((sum, { count }) => sum + count.n, 0).toLocaleString("en")} would be ${done}.`;
}

const facetsText = (facets: readonly Facet[]): string =>
  facets.map(({ value, count }) => `${oneLine(value)} ${countText(count)}`).join(", ");
