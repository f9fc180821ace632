import { printSize, type QueueInfo, type Retention } from "@jobyard/core";
import type { ReactNode } from "react";
import { Instant } from "@/components/instant";
import { printDuration } from "@/lib/format";

/** A queue's settings in words. */
export const settingsEntries = ({
  settings,
  depth,
  oldestDueAt,
}: QueueInfo): readonly (readonly [string, ReactNode])[] => [
  [
    "Open jobs",
    settings.maxSize === null ? depth : `${depth} of at most ${settings.maxSize}${overBy(depth, settings.maxSize)}`,
  ],
  ["Maximum size", settings.maxSize ?? "no bound"],
  ["Oldest due", oldestDueAt === null ? "none is due" : <Instant key="oldest" at={oldestDueAt} />],
  ["Completed jobs are kept", kept(settings.retention.completed)],
  ["Dead jobs are kept", kept(settings.retention.dead)],
  ["Cancelled jobs are kept", kept(settings.retention.cancelled)],
];

const overBy = (depth: number, maxSize: number): string => (depth > maxSize ? `, over by ${depth - maxSize}` : "");

function kept({ ageMs, count, bytes }: Retention): string {
  const bounds = [
    ...(ageMs === null ? [] : [`for ${printDuration(ageMs)}`]),
    ...(count === null ? [] : [`the last ${count}`]),
    ...(bytes === null ? [] : [`up to ${printSize(bytes)}`]),
  ];
  return bounds.length === 0 ? "until somebody removes them" : bounds.join(", ");
}
